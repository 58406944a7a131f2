import CoreControllers
import CoreObjects
import Testing

@Suite("A parallel StatefulSet starts slowly")
struct StatefulSetParallelTests {
  private static func isPod(_ write: Change.Write, _ ordinals: Set<Int>) -> Bool {
    guard case .create(.pods, _, let tree) = write else { return false }
    return ordinals.contains { tree[.metadata][.name].string == "app-\($0)" }
  }

  @Test("turns come in batches of 1, 2, 4 … and never more than the largest")
  func batches() {
    var start = SlowStart(largest: 4)
    let turns = (0..<12).map { _ in start.next() }
    #expect(turns.map(\.batch) == [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4])
    #expect(turns.map(\.subject) == Array(0..<12))
  }

  @Test("where every pod is refused, one look asks once")
  func allRefused() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel","replicas":20"#)
    world.refuse = { StatefulSetParallelTests.isPod($0, Set(0..<20)) }
    world.step()
    #expect(world.names.isEmpty)
    #expect(world.events.filter { $0.hasPrefix("FailedCreate") }.count == 1)
  }

  @Test("one refusal lets the rest of its batch through and stops the batches after it")
  func oneRefused() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel","replicas":20"#)
    world.refuse = { StatefulSetParallelTests.isPod($0, [4]) }
    world.step()
    #expect(world.names == [0, 1, 2, 3, 5, 6].map { "app-\($0)" })
  }

  @Test("a pod whose claim is refused is not asked for; its neighbours of the batch are")
  func claimRefused() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel","replicas":20"#, claims: true)
    world.refuse = { write in
      guard case .create(.persistentVolumeClaims, _, let tree) = write else { return false }
      return tree[.metadata][.name].string == "data-app-1"
    }
    world.step()
    #expect(world.names == ["app-0", "app-2"])
    #expect(world.claim(1) == nil)
  }

  @Test("pods that are there take their places, so that a gap far up is in a large batch")
  func gap() throws {
    var world = try StatefulSetWorld(#""podManagementPolicy":"Parallel","replicas":7"#)
    try world.run()
    for ordinal in 3..<7 { world.gone(ordinal) }
    world.refuse = { StatefulSetParallelTests.isPod($0, [3]) }
    world.step()
    #expect(world.names == [0, 1, 2, 4, 5, 6].map { "app-\($0)" })
  }

  @Test("in order, a refusal is the end of the look")
  func ordered() throws {
    var world = try StatefulSetWorld()
    world.refuse = { StatefulSetParallelTests.isPod($0, [0]) }
    world.step()
    world.step()
    #expect(world.names.isEmpty)
    #expect(world.events.filter { $0.hasPrefix("FailedCreate") }.count == 2)
    #expect(world.set.status.observedGeneration != nil)
  }
}
