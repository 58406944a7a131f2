import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Whether a node takes a pod that was bound to it")
struct NodeAdmissionTests {
  /// What a node of 4 processors, on which one pod runs that wants 3 of them and port 80, says to another.
  private func reason(_ spec: String = "", cpu: String = "100m", labels: String = "", besides: [String] = []) throws -> String {
    var world = World(Scheduler())
    try world.addNode(
      "n", pods: 3, more: #""spec":{"taints":[{"key":"t","effect":"NoExecute"},{"key":"s","effect":"NoSchedule"}]},"#)
    let tolerant = spec.contains("tolerations") ? "" : #""tolerations":[{"operator":"Exists"}],"#
    let port = #"{"name":"p","ports":[{"hostPort":80,"protocol":"TCP"}],"restartPolicy":"Always"}"#
    try world.addRunning("there", on: "n", cpu: "3", spec: #""initContainers":[\#(port)],"#)
    for name in besides { try world.addPod(name, cpu: "1", spec: #""nodeName":"n","#) }
    try world.addPod("new", cpu: cpu, labels: labels, spec: #""nodeName":"n","# + tolerant + spec)
    let scheduler = try #require(world.controllers.compactMap { $0 as? Scheduler }.first)
    func pod(_ name: String) throws -> StoredObject { try #require(world.store.get(.pods, namespace: "default", name)) }
    let told = scheduler.rejection(of: try pod("new"), besides: try besides.map(pod), in: world.store)
    #expect(told?.message.isEmpty != true)
    return told?.reason ?? "taken"
  }

  @Test("what the node lacks is the reason, with its name; what it does not know of devices is left to others")
  func room() throws {
    #expect(try reason() == "taken")
    #expect(try reason(cpu: "1") == "taken" && reason(cpu: "1001m") == "OutOfcpu")
    func asks(_ resource: String) -> String {
      #""initContainers":[{"name":"i","resources":{"requests":{"\#(resource)":"9Ti"}}}],"#
    }
    #expect(try reason(asks("memory")) == "OutOfmemory")
    #expect(try reason(asks("ephemeral-storage")) == "OutOfephemeral-storage")
    #expect(try reason(asks("hugepages-2Mi")) == "OutOfhugepages-2Mi")
    #expect(try reason(asks("example.com/gpu")) == "taken")
  }

  @Test("pods that came with it and have not been taken do not count")
  func besides() throws {
    #expect(try reason(cpu: "1", besides: ["a"]) == "taken")
    #expect(try reason(besides: ["a", "b"]) == "taken")
  }

  @Test("selectors, ports, taints that drive pods away, and the system are asked as well")
  func others() throws {
    #expect(try reason(#""nodeSelector":{"disk":"ssd"},"#) == "NodeAffinity")
    #expect(try reason(#""nodeSelector":{"kubernetes.io/hostname":"n"},"#) == "taken")
    func port(_ number: Int, _ transport: String) -> String {
      #""hostNetwork":true,"initContainers":[{"name":"i","restartPolicy":"Always","ports":[{"hostPort":\#(number),"protocol":"\#(transport)"}]}],"#
    }
    #expect(try reason(port(80, "TCP")) == "NodePorts")
    #expect(try reason(port(80, "UDP")) == "taken" && reason(port(81, "TCP")) == "taken")
    #expect(try reason(#""tolerations":[],"#) == "TaintToleration")
    #expect(try reason(#""tolerations":[{"key":"t","operator":"Exists"}],"#) == "taken", "NoSchedule is the scheduler's affair")
    #expect(try reason(#""os":{"name":"windows"},"#) == "PodOSNotSupported" && reason(#""os":{"name":"linux"},"#) == "taken")
    #expect(try reason(labels: #""kubernetes.io/os":"windows","#) == "PodOSSelectorNodeLabelDoesNotMatch")
  }
}
