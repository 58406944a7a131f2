import CoreLoad
import CoreObjects
import Rehearsal
import Simulation

/// "3x4cpu,16Gi", "3x3920m,14Gi": nodes and what each has to give.
enum NodesOption {
  static let limit = 1_000

  static func read(_ text: String) throws(RehearsalError) -> [VirtualNode] {
    let problem = RehearsalError("--nodes wants a number of nodes and what each has, as in 3x4cpu,16Gi, not '\(text)'")
    let parts = text.split(separator: "x", maxSplits: 1)
    guard parts.count == 2, let count = Int(parts[0]), (1...limit).contains(count) else { throw problem }
    let sizes = parts[1].split(separator: ",")
    guard sizes.count == 2, let cpu = Quantity(String(sizes[0].hasSuffix("cpu") ? sizes[0].dropLast(3) : sizes[0])),
      let memory = Quantity(String(sizes[1])), cpu.milliValue > 0, memory.milliValue > 0
    else { throw problem }
    return VirtualNode.workers(count, cpuMillicores: cpu.milliValue, memoryBytes: memory.milliValue / 1000)
  }
}
