import CoreObjects
import Testing

@testable import CoreControllers

@Suite("ResourceQuota")
struct ResourceQuotaTests {
  private func world(_ spec: String) throws -> World {
    var world = World(ResourceQuotaController())
    try world.add(.resourceQuotas, #"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"spec":\#(spec)}"#)
    return world
  }

  private func addPod(_ name: String, memory: String, to world: inout World, extra: String = "") throws {
    try world.add(
      .pods,
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)"},"spec":{\#(extra)"containers":[{"name":"main","resources":{"requests":{"memory":"\#(memory)"}}}]}}"#
    )
  }

  private func used(_ world: World) -> [String: String] {
    let used = world.get(.resourceQuotas, "q", as: ResourceQuota.self)?.status.used.sorted ?? []
    return Dictionary(uniqueKeysWithValues: used.map { ($0.name, $0.value) })
  }

  /// Makes the controller count again.
  private func touch(_ world: inout World) throws {
    try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"gone"},"spec":{}}"#)
    try world.delete(.pods, "gone")
  }

  @Test("a new quota shows its bounds and what was used before it")
  func fresh() throws {
    var world = World(ResourceQuotaController())
    try addPod("a", memory: "100Mi", to: &world)
    try addPod("b", memory: "28Mi", to: &world)
    try world.add(
      .resourceQuotas,
      #"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard":{"pods":"5","requests.memory":"1Gi","services":"2"}}}"#
    )
    #expect(used(world) == ["pods": "2", "requests.memory": "128Mi", "services": "0"])
    #expect(world.get(.resourceQuotas, "q", as: ResourceQuota.self)?.status.hard["requests.memory"] == "1Gi")
  }

  @Test("what goes gives its share back")
  func deletion() throws {
    var world = try world(#"{"hard":{"pods":"5","memory":"1Gi","count/pods":"9"}}"#)
    try addPod("a", memory: "100Mi", to: &world)
    try addPod("b", memory: "28Mi", to: &world)
    try touch(&world)
    #expect(used(world) == ["pods": "2", "memory": "128Mi", "count/pods": "2"])
    try world.delete(.pods, "a")
    #expect(used(world) == ["pods": "1", "memory": "28Mi", "count/pods": "1"])
  }

  @Test("events that go give their share back too")
  func events() throws {
    var world = try world(#"{"hard":{"count/events":"9"}}"#)
    for name in ["a", "b"] { try world.add(.events, #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"\#(name)"}}"#) }
    try world.delete(.events, "a")
    #expect(used(world) == ["count/events": "1"])
  }

  @Test("a pod that has ended takes no memory any more, but is still an object")
  func ended() throws {
    var world = try world(#"{"hard":{"pods":"5","memory":"1Gi","count/pods":"9"}}"#)
    try addPod("a", memory: "100Mi", to: &world)
    world.setPod("a", phase: "Succeeded", isReady: false)
    #expect(used(world) == ["pods": "0", "memory": "0", "count/pods": "1"])
  }

  @Test("a pod that should long be gone stops to count when its grace is over")
  func overdue() throws {
    var world = try world(#"{"hard":{"pods":"5"}}"#)
    try addPod("a", memory: "1Mi", to: &world)
    world.termination = 600
    try world.delete(.pods, "a")
    #expect(used(world) == ["pods": "1"])
    try world.patch(.pods, "a", #"{"metadata":{"deletionGracePeriodSeconds":30},"spec":{"priority":1}}"#)
    world.run(for: 29)
    #expect(used(world) == ["pods": "1"])
    world.run(for: 3)
    #expect(used(world) == ["pods": "0"])
  }

  @Test("changed bounds are taken over")
  func changed() throws {
    var world = try world(#"{"hard":{"pods":"5"}}"#)
    try world.patch(.resourceQuotas, "q", #"{"spec":{"hard":{"pods":null,"configmaps":"3"}}}"#)
    #expect(used(world) == ["configmaps": "0"])
    #expect(world.get(.resourceQuotas, "q", as: ResourceQuota.self)?.status.hard.sorted.map(\.name) == ["configmaps"])
  }

  @Test("init containers count where they ask for more than the rest, sidecars with both")
  func initContainers() throws {
    var world = try world(#"{"hard":{"requests.memory":"1Gi"}}"#)
    let containers =
      #""initContainers":[{"name":"side","restartPolicy":"Always","resources":{"requests":{"memory":"10Mi"}}},{"name":"prepare","resources":{"requests":{"memory":"200Mi"}}}],"#
    try addPod("a", memory: "100Mi", to: &world, extra: containers)
    try touch(&world)
    #expect(used(world) == ["requests.memory": "210Mi"])
  }
}
