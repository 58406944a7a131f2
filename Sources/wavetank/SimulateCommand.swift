import CoreJSON
import Daemon
import Glibc
import Simulation

/// wavetank simulate --hpa-cases FILE: plays autoscaling runs in virtual time and prints what came out, in the file's own shape.
enum SimulateCommand {
  static func run(_ arguments: [String]) {
    let options = Options(arguments, options: ["--hpa-cases"])
    guard let path = options.text("--hpa-cases") else { Usage.refuse("simulate wants --hpa-cases FILE") }
    let file: JSON
    do throws(JSONError) { file = try JSONParser.parse(ManifestFiles.text(path)) } catch { Standard.fail("\(path): \(error)") }
    let scenarios = file[Key("scenarios")].elements
    if scenarios.isEmpty { Standard.fail("\(path): there are no scenarios in it") }
    var golden: JSON = [:]
    for tree in scenarios {
      do throws(HPACase.Problem) {
        let scenario = try HPACase(tree)
        golden.put(Key(scenario.name), try HPACaseRun.play(scenario))
      } catch { Standard.fail("\(path): \(error)") }
    }
    Standard.output((["golden": golden] as JSON).description)
  }
}
