import CoreEngine
import CoreNode
import CoreObjects
import Testing

@Suite("Nodes that have too little left")
struct PressureTests {
  private static func signals(memory: Int64) -> NodeSignals {
    let enough = Reserve(available: 1 << 40, capacity: 1 << 41)
    return NodeSignals(
      node: "n", memory: Reserve(available: memory, capacity: 8 << 30), disk: enough, inodes: enough, processes: enough)
  }

  private func condition(_ bench: inout EngineBench) -> JSON {
    let node = bench.send("GET", "/api/v1/nodes/n").body
    return node[.status][.conditions].elements.first { $0[.type] == "MemoryPressure" } ?? .null
  }

  private func taints(_ bench: inout EngineBench) -> [String] {
    bench.send("GET", "/api/v1/nodes/n").body[.spec][.taints].elements.compactMap { $0[.key].string }
  }

  @Test("the node says so, is tainted, and has its events; what it keeps for itself it does not promise")
  func pressure() throws {
    var bench = EngineBench(node: false)
    var facts = EngineBench.facts
    facts.evictionThresholds = try EvictionThresholds("memory.available<100Mi,nodefs.available<10%")
    bench.step(.observation(NodeObservation(node: "n", event: .nodeReady(facts))))
    bench.settle()
    let status = bench.send("GET", "/api/v1/nodes/n").body[.status]
    #expect(status[.capacity][.memory] == "8Gi" && status["allocatable"][.memory] == "8092Mi")
    #expect(status["allocatable"]["ephemeral-storage"] == "15099494Ki" && status["allocatable"]["pods"] == "110")

    bench.step(.pressure([Self.signals(memory: 99 << 20)], []))
    bench.settle()
    #expect(condition(&bench)[.status] == "True" && condition(&bench)[.reason] == "KubeletHasInsufficientMemory")
    #expect(condition(&bench)[.lastTransitionTime].string == bench.now.rfc3339)
    #expect(taints(&bench) == ["node.kubernetes.io/memory-pressure"])
    // It reports itself anew, and it holds still.
    bench.step(.observation(NodeObservation(node: "n", event: .nodeReady(facts))))
    bench.settle()
    #expect(condition(&bench)[.status] == "True")
    let events = bench.send("GET", "/api/v1/events").body[.items].elements.compactMap { $0[.reason].string }
    #expect(events.contains("NodeHasInsufficientMemory") && events.contains("EvictionThresholdMet"))

    bench.run(seconds: 300)
    bench.step(.heartbeat(["n"], periodSeconds: 10))
    bench.step(.pressure([Self.signals(memory: 1 << 30)], []))
    bench.settle()
    #expect(condition(&bench)[.status] == "False" && condition(&bench)[.reason] == "KubeletHasSufficientMemory")
    #expect(!taints(&bench).contains("node.kubernetes.io/memory-pressure"))
  }
}
