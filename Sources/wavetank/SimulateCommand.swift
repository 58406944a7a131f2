import CoreObjects
import EdgeLinux
import Simulation

/// wavetank simulate --hpa-cases FILE: plays autoscaling runs in virtual time and prints what came out, in the file's own shape.
enum SimulateCommand {
  struct Options: CommandOptions {
    let cases = Option.required("--hpa-cases", "FILE", .file, "a JSON file of autoscalers and of loads over time")

    var all: [any OptionDescription] { [cases] }
  }

  static let command = Command(
    "simulate", "plays autoscaling runs in virtual time",
    examples: ["simulate --hpa-cases runs.json": "what each run did, second by second at each change"], options: Options.self,
    run: run)

  private static func run(_ invocation: Invocation<Options>) {
    let path = invocation.cases
    let file: JSON
    do throws(JSONError) {
      let text = ManifestFiles.text(path)
      let (value, duplicates) = try JSONParser.parseReportingDuplicates(Array(text.utf8))
      if let key = duplicates.first { Standard.fail("\(path): the key \"\(key)\" is twice in one object") }
      file = value
    } catch { Standard.fail("\(path): \(error)") }
    let scenarios = file[Key("scenarios")].elements
    if scenarios.isEmpty {
      Standard.fail("\(path): wants an object with a list of runs under \"scenarios\", as docs/hpa-cases.md tells")
    }
    var golden: JSON = [:]
    do throws(HPACase.Problem) {
      for scenario in try scenarios.map(HPACase.init) { golden.put(Key(scenario.name), try HPACaseRun.play(scenario)) }
    } catch { Standard.fail("\(path): \(error)") }
    Standard.output((["golden": golden] as JSON).description)
  }
}
