import CoreObjects
import Daemon
import EdgeAgent
import EdgeLinux

/// wavetank node: adds, removes, stops and starts nodes of the running cluster.
enum NodeCommand {
  struct AddOptions: CommandOptions {
    let name = Option.optionalArgument(
      "NAME", .text, "what it is called; without one the next of wavetank-worker, wavetank-worker2 …")
    let nodeCPU = Option.nodeCPU
    let nodeMemory = Option.nodeMemory
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [name, nodeCPU, nodeMemory, dataDirectory] }
  }

  struct NameOptions: CommandOptions {
    let name = Option.argument("NAME", .text, "the node")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [name, dataDirectory] }
  }

  static let add = Command(
    "node add", "has one more node",
    details: [
      "It has the images of the first node. With a size it can be full although the machine is not: the scheduler counts it, and a "
        + "control group keeps its pods within. The next 'up' without --nodes has the node again."
    ],
    examples: ["node add --node-cpu 4 --node-memory 8Gi": "a node of four CPUs and 8 GiB"], options: AddOptions.self
  ) { invocation throws(UsageError) in
    let size = try size(invocation.nodeCPU, invocation.nodeMemory)
    ask(.add(name: invocation.name, size: size), invocation.dataDirectory)
  }

  static let remove = Command(
    "node rm", "takes a node away, with all that is on it",
    details: ["Whoever wants its pods to leave in order drains it first: 'kubectl drain NAME --ignore-daemonsets'."],
    options: NameOptions.self
  ) { ask(.remove(name: $0.name), $0.dataDirectory) }

  static let stop = Command(
    "node stop", "cuts a node's power",
    details: [
      "Its containers end, and it is heard of no more. As with a kubelet that is silent, it is NotReady after 50 s of cluster time, and its pods are evicted 5 min later.",
      "The API server, the scheduler and the controllers belong to no node: they go on also where the control plane's node is stopped.",
    ],
    options: NameOptions.self
  ) { ask(.stop(name: $0.name), $0.dataDirectory) }

  static let start = Command(
    "node start", "gives a stopped node its power back", options: NameOptions.self
  ) { ask(.start(name: $0.name), $0.dataDirectory) }

  private static func ask(_ request: NodeRequest, _ directory: String) {
    for line in ControlSocket.lines(.node(request), in: directory) { Standard.output(line) }
  }

  /// - Parameters: as `--node-cpu` and `--node-memory` were given: both or none
  static func size(_ cpu: String?, _ memory: String?) throws(UsageError) -> AgentNode.Size? {
    guard let cpu, let memory else { return nil }
    guard let cores = Quantity(cpu), cores.format != .binarySI, (100...1_024_000).contains(cores.milliValue) else {
      throw UsageError("--node-cpu wants CPUs from 100m to 1024, as in 4 or 1500m, not '\(cpu)'")
    }
    guard let bytes = Quantity(memory), (64 << 20...64 << 40).contains(bytes.value) else {
      throw UsageError("--node-memory wants bytes from 64Mi to 64Ti, as in 8Gi, not '\(memory)'")
    }
    return AgentNode.Size(cpuMillicores: cores.milliValue, memoryBytes: bytes.value)
  }
}

extension Option<String?> {
  static var nodeCPU: Self {
    .value("--node-cpu", "CPUS", .text, "how many CPUs a node has to give", default: "all of the machine").only(
      with: "--node-memory")
  }

  static var nodeMemory: Self {
    .value("--node-memory", "BYTES", .text, "memory that a node has to give, as in 8Gi", default: "all of the machine")
      .only(with: "--node-cpu")
  }
}
