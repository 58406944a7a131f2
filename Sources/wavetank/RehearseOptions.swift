import CoreLoad
import CoreObjects
import Rehearsal
import Simulation

/// What the commands that play rehearsals have in common: where their input is.
protocol RehearsalOptions: CommandOptions {
  var scenario: Option<[String]> { get }
  var files: Option<[String]> { get }
  var loads: Option<[String]> { get }
  var length: Option<String?> { get }
  var startUp: Option<String?> { get }
  var nodes: Option<String?> { get }
  var skipsUnserved: Option<Bool> { get }
  var featureGates: Option<String?> { get }
  var seed: Option<String?> { get }
}

enum RehearsalOption {
  static let scenario = Option.arguments("SCENARIO", .file, "a scenario file, which says all that the options say and more")
  static let files = Option.list("--filename", short: "f", "FILE", .file, "a manifest, a folder of them, or - for standard input")
  static let loads = Option.list(
    "--load", "METRIC=FILE", .text,
    "the load of a metric, from a file of numbers over time: a total over all pods, unless ,model=perPod says that it is what each uses"
  )
  static let length = Option.value("--for", "DURATION", .text, "how long to play", default: "as long as the loads")
  static let startUp = Option.value(
    "--start-up", "DURATION", .text, "from a container's start until it answers its probes, or is ready where it has none",
    default: "0s")
  static let nodes = Option.value(
    "--nodes", "NxCPU,MEMORY", .text, "nodes and what each has to give, as in 3x4cpu,16Gi", default: "room for everything")
  static let skipsUnserved = Option.flag("--skip-unserved", "leaves objects out whose kind is not served yet")
  static let seed = Option.value("--seed", "N", .wholeNumber(0...9_000_000_000_000_000), "decides all chance", default: "1")
}

/// "3x4cpu,16Gi", "3x3920m,14Gi": nodes and what each has to give.
enum NodesOption {
  static let limit = 1_000

  static func read(_ text: String) throws(RehearsalError) -> [VirtualNode] {
    let problem = RehearsalError("--nodes wants a number of nodes and what each has, as in 3x4cpu,16Gi, not '\(text)'")
    let parts = text.split(separator: "x", maxSplits: 1)
    guard parts.count == 2, let count = Int(parts[0]), (1...limit).contains(count) else { throw problem }
    let sizes = parts[1].split(separator: ",")
    guard sizes.count == 2, let cpu = Quantity(String(sizes[0].hasSuffix("cpu") ? sizes[0].dropLast(3) : sizes[0])),
      let memory = Quantity(String(sizes[1])), cpu.milliValue > 0, cpu.format != .binarySI, memory.milliValue > 0
    else { throw problem }
    return VirtualNode.workers(count, cpuMillicores: cpu.milliValue, memoryBytes: memory.milliValue / 1000)
  }
}
