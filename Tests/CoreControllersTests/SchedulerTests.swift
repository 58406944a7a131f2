import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Scheduler")
struct SchedulerTests {
  private static func node(
    _ name: String, cpu: String = "2", memory: String = "1Gi", pods: Int = 10, more: String = "", labels: String = "{}"
  ) -> String {
    """
    {"apiVersion":"v1","kind":"Node","metadata":{"name":"\(name)","labels":\(labels)},\(more)
     "status":{"allocatable":{"cpu":"\(cpu)","memory":"\(memory)","pods":"\(pods)"}}}
    """
  }

  private static func pod(_ name: String, cpu: String = "100m", memory: String = "100Mi", spec: String = "", owner: String = "")
    -> String
  {
    let references =
      owner.isEmpty
      ? ""
      : #","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"\#(owner)","uid":"\#(owner)","controller":true}]"#
    return """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)"\(references)},
       "spec":{\(spec)"containers":[{"name":"main","resources":{"requests":{"cpu":"\(cpu)","memory":"\(memory)"}}}]}}
      """
  }

  private func world(_ nodes: String...) throws -> World {
    var world = World(Scheduler())
    for node in nodes { try world.add(.nodes, node) }
    return world
  }

  private func place(_ world: World, _ pod: String) -> String? { world.get(.pods, pod, as: Pod.self)?.spec.nodeName }
  private func told(_ world: World, _ pod: String) -> String? {
    world.get(.pods, pod, as: Pod.self)?.status.conditions.first { $0.type == "PodScheduled" }.map {
      "\($0.status!) \($0.reason!): \($0.message!)"
    }
  }

  @Test("a pod is bound to the node with most room, with an event that names it")
  func binds() throws {
    var world = try world(Self.node("small", memory: "512Mi"), Self.node("large", memory: "4Gi"))
    try world.add(.pods, Self.pod("a"))
    #expect(place(world, "a") == "large")
    #expect(world.events == ["Scheduled a: Successfully assigned default/a to large"])
  }

  @Test("pods of one owner are spread over the nodes")
  func spreads() throws {
    var world = try world(Self.node("n1"), Self.node("n2"), Self.node("n3"))
    for index in 0..<3 { try world.add(.pods, Self.pod("p\(index)", owner: "set")) }
    #expect(Set((0..<3).compactMap { place(world, "p\($0)") }) == ["n1", "n2", "n3"])
  }

  @Test("a pod that fits nowhere says on how many nodes which reason held, once")
  func refuses() throws {
    var world = try world(
      Self.node("n1", memory: "50Mi"), Self.node("n2", cpu: "50m"),
      Self.node("n3", more: #""spec":{"taints":[{"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"}]},"#))
    try world.add(.pods, Self.pod("a"))
    let message =
      "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    #expect(told(world, "a") == "False Unschedulable: " + message)
    #expect(world.events == ["FailedScheduling a: " + message])
    world.run(for: 400)
    #expect(world.events.count == 1)
  }

  @Test("room that comes free brings the waiting pod in; an ended pod takes none")
  func waitsForRoom() throws {
    var world = try world(Self.node("n1", cpu: "1"))
    try world.add(.pods, Self.pod("a", cpu: "800m"))
    try world.add(.pods, Self.pod("b", cpu: "800m"))
    #expect(place(world, "b") == nil)
    world.setPod("a", phase: "Succeeded", isReady: false)
    #expect(place(world, "b") == "n1")
    try world.add(.pods, Self.pod("c", cpu: "800m"))
    #expect(place(world, "c") == nil)
    try world.delete(.pods, "b")
    #expect(place(world, "c") == "n1")
  }

  @Test("sidecars and the largest init container count; a pod's own request wins")
  func effectiveRequest() throws {
    var world = try world(Self.node("n1", cpu: "1"))
    let initial = #""initContainers":[{"name":"i","resources":{"requests":{"cpu":"2"}}}],"#
    try world.add(.pods, Self.pod("big", spec: initial))
    #expect(place(world, "big") == nil)
    try world.add(.pods, Self.pod("own", spec: initial + #""resources":{"requests":{"cpu":"500m"}},"#))
    #expect(place(world, "own") == "n1")
    try world.add(
      .pods,
      Self.pod(
        "beside", cpu: "300m",
        spec: #""initContainers":[{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"300m"}}}],"#))
    #expect(place(world, "beside") == nil)
  }

  @Test("node selector, required affinity and tolerations decide where a pod may run; preferred affinity where it rather does")
  func constraints() throws {
    var world = try world(
      Self.node("a", labels: #"{"disk":"ssd","zone":"1"}"#), Self.node("b", labels: #"{"disk":"hdd","zone":"2"}"#),
      Self.node("c", more: #""spec":{"taints":[{"key":"gpu","value":"yes","effect":"NoSchedule"}]},"#, labels: #"{"zone":"3"}"#))
    try world.add(.pods, Self.pod("selector", spec: #""nodeSelector":{"disk":"hdd"},"#))
    #expect(place(world, "selector") == "b")
    let affinity =
      #""affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"Gt","values":["2"]}]}]}}},"#
    try world.add(.pods, Self.pod("affinity", spec: affinity))
    #expect(told(world, "affinity")?.contains("2 node(s) didn't match Pod's node affinity/selector") == true)
    try world.add(
      .pods,
      Self.pod(
        "tolerant", spec: affinity + #""tolerations":[{"key":"gpu","operator":"Equal","value":"yes","effect":"NoSchedule"}],"#))
    #expect(place(world, "tolerant") == "c")
    let preferred =
      #""affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,"preference":{"matchExpressions":[{"key":"disk","operator":"In","values":["hdd"]}]}}]}},"#
    try world.add(.pods, Self.pod("preferring", spec: preferred))
    #expect(place(world, "preferring") == "b")
  }

  @Test("host ports, the number of pods and unschedulable nodes")
  func otherReasons() throws {
    var world = try world(Self.node("n1", pods: 2))
    let port = #""x":0,"containers":[{"name":"main","ports":[{"containerPort":80,"hostPort":80}]}],"y":0"#
    for name in ["a", "b"] {
      try world.add(.pods, #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)"},"spec":{\#(port)}}"#)
    }
    #expect(place(world, "a") == "n1")
    #expect(told(world, "b")?.contains("didn't have free ports") == true)
    try world.add(.pods, Self.pod("c"))
    try world.add(.pods, Self.pod("d"))
    #expect(told(world, "d")?.contains("1 Too many pods") == true)
    try world.patch(.nodes, "n1", #"{"spec":{"unschedulable":true}}"#)
    try world.add(.pods, Self.pod("e"))
    #expect(told(world, "e")?.contains("1 node(s) were unschedulable") == true)
  }

  @Test("gated pods and pods of other schedulers are left alone")
  func notOurs() throws {
    var world = try world(Self.node("n1"))
    try world.add(.pods, Self.pod("gated", spec: #""schedulingGates":[{"name":"later"}],"#))
    try world.add(.pods, Self.pod("other", spec: #""schedulerName":"mine","#))
    #expect(place(world, "gated") == nil)
    #expect(told(world, "gated")?.hasPrefix("False SchedulingGated: ") == true)
    #expect(world.events.isEmpty)
    #expect(place(world, "other") == nil)
    try world.patch(.pods, "gated", #"{"spec":{"schedulingGates":[]}}"#)
    #expect(place(world, "gated") == "n1")
  }

  @Test("every resource that does not suffice is told, ephemeral storage and devices among them")
  func otherResources() throws {
    var world = try world(Self.node("n1", cpu: "1"))
    try world.patch(.nodes, "n1", #"{"status":{"allocatable":{"example.com/gpu":"1","ephemeral-storage":"10Gi"}}}"#)
    func asking(_ name: String, _ requests: String) -> String {
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)"},"spec":{"containers":[{"name":"m","resources":{"requests":{\#(requests)}}}]}}"#
    }
    try world.add(.pods, asking("first", #""example.com/gpu":"1","ephemeral-storage":"1Gi""#))
    #expect(place(world, "first") == "n1")
    try world.add(.pods, asking("second", #""example.com/gpu":"1","cpu":"2","ephemeral-storage":"20Gi""#))
    #expect(
      told(world, "second")?.hasPrefix(
        "False Unschedulable: 0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient ephemeral-storage, 1 Insufficient example.com/gpu."
      ) == true)
  }

  @Test("a taint of PreferNoSchedule is avoided, not obeyed; a wish of the pod's own weighs more than room")
  func softTaints() throws {
    var world = try world(
      Self.node("roomy", memory: "8Gi", more: #""spec":{"taints":[{"key":"old","effect":"PreferNoSchedule"}]},"#),
      Self.node("small"))
    try world.add(.pods, Self.pod("a"))
    #expect(place(world, "a") == "small")
    try world.add(.pods, Self.pod("tolerant", spec: #""tolerations":[{"key":"old","operator":"Exists"}],"#))
    #expect(place(world, "tolerant") == "roomy")
    try world.patch(.nodes, "small", #"{"spec":{"unschedulable":true}}"#)
    try world.add(.pods, Self.pod("b"))
    #expect(place(world, "b") == "roomy")
  }

  @Test("of nodes with the same room, the one where CPU and memory fill up alike is better")
  func balance() throws {
    var world = try world(Self.node("a", cpu: "2", memory: "2Gi"), Self.node("b", cpu: "2", memory: "2Gi"))
    try world.add(.pods, Self.pod("cpu", cpu: "1", memory: "0", spec: #""nodeName":"a","#))
    try world.add(.pods, Self.pod("memory", cpu: "0", memory: "1Gi", spec: #""nodeName":"b","#))
    try world.add(.pods, Self.pod("hungry", cpu: "0", memory: "512Mi"))
    #expect(place(world, "hungry") == "a")
  }

  @Test("a heartbeat of a node does not make waiting pods be looked at; another label does")
  func heartbeat() throws {
    var world = try world(Self.node("n1"))
    try world.add(.pods, Self.pod("a", spec: #""nodeSelector":{"disk":"ssd"},"#))
    let before = world.writes.count
    try world.patch(.nodes, "n1", #"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#)
    #expect(world.writes.count == before + 1)
    try world.patch(.nodes, "n1", #"{"metadata":{"labels":{"disk":"ssd"}}}"#)
    #expect(place(world, "a") == "n1")
  }
}
