import CoreEngine
import CoreObjects
import Testing

@testable import CoreNode
@testable import Simulation

@Suite("A scrape that tells only what is new")
struct UsageChangesTests {
  private static let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!

  private func container(_ name: String, pod: String, node: String, memory: Int64, at: Instant) -> VirtualContainers.Running {
    let spec = ContainerSpec(
      podUID: pod, namespace: "default", podName: pod, name: name, containerID: "\(pod)/\(name)", attempt: 0, imageID: "i")
    return .init(spec, on: node, .idle(memoryBytes: memory), startedAt: at, healthyAt: at)
  }

  @Test(
    "gives the same metrics as one that tells everything, whatever starts, ends and grows",
    arguments: 1...20 as ClosedRange<UInt64>)
  func sameMetrics(_ seed: UInt64) {
    var draw = RandomSource(seed: seed)
    let nodes = ["n0", "n1"]
    var some = VirtualContainers(nodes: nodes)
    var all = VirtualContainers(nodes: nodes)
    var (changed, whole) = (MetricsWindow(), MetricsWindow())
    var made = 0
    for scrape in 1...60 {
      let now = Self.start + .seconds(15 * scrape)
      for _ in 0..<draw.below(3) {
        let ids = some.ids
        switch draw.below(4) {
        case 0, 1:
          made += 1
          let pod = "pod-\(draw.below(6))"
          let running = container(
            "c\(made)", pod: pod, node: nodes[pod.utf8.last! % 2 == 0 ? 0 : 1], memory: Int64(1 + draw.below(9)) << 20,
            at: now - .seconds(draw.below(14)))
          some.start(running.id, of: "i", running)
          all.start(running.id, of: "i", running)
        case 2 where !ids.isEmpty:
          let id = ids[draw.below(ids.count)]
          _ = some.end(id)
          _ = all.end(id)
        case 3 where !ids.isEmpty:
          let id = ids[draw.below(ids.count)]
          let bytes = Int64(1 + draw.below(9)) << 20
          some.proceed(id, memoryBytes: bytes, line: nil)
          all.proceed(id, memoryBytes: bytes, line: nil)
        default: break
        }
      }
      _ = changed.add(some.changes(at: now))
      whole.add(all.all(at: now, isLost: { _ in false }, isMissed: { _ in false }))
      for pod in (0..<6).map({ "pod-\($0)" }) {
        let names = some.ids.filter { $0.hasPrefix(pod + "/") }.map { String($0.dropFirst(pod.utf8.count + 1)) }
        #expect(
          changed.podMetrics(pod, containers: names) == whole.podMetrics(pod, containers: names), "scrape \(scrape), \(pod)")
      }
      for node in nodes { #expect(changed.nodeMetrics(node) == whole.nodeMetrics(node), "scrape \(scrape), \(node)") }
    }
  }

  @Test("names a pod twice, then no more until its memory is another")
  func fewSamples() {
    var containers = VirtualContainers(nodes: ["n0"])
    let running = container("c", pod: "p", node: "n0", memory: 1 << 20, at: Self.start)
    containers.start(running.id, of: "i", running)
    var named: [Int] = []
    for scrape in 1...6 {
      if scrape == 5 { containers.proceed(running.id, memoryBytes: 2 << 20, line: nil) }
      let changes = containers.changes(at: Self.start + .seconds(15 * scrape))
      if changes.samples.contains(where: { $0.podUID == "p" }) { named.append(scrape) }
    }
    #expect(named == [1, 2, 5])
  }
}

extension VirtualContainers.Running {
  fileprivate var id: String { podUID + "/" + name }
}
