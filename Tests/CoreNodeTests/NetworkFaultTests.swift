import CoreNode
import CoreObjects
import Testing

@Suite("Faults of the network")
struct NetworkFaultTests {
  private static func store() -> Store {
    var store = Store()
    func put(_ resource: ResourceID, _ namespace: String, _ name: String, _ text: String) {
      var tree = try! JSONParser.parse(Array(text.utf8))
      tree[.metadata].put(.name, .string(name))
      tree[.metadata].put(.uid, .string(name))
      _ = store.put(ObjectKey(resource, namespace: namespace, name), tree)
    }
    func owner(_ kind: String, _ name: String) -> String {
      #""metadata":{"ownerReferences":[{"kind":"\#(kind)","name":"\#(name)","controller":true}]}"#
    }
    put(.namespaces, "", "a", "{}")
    put(
      .nodes, "", "n",
      #"{"status":{"addresses":[{"type":"Hostname","address":"n"},{"type":"InternalIP","address":"10.244.0.1"}]}}"#)
    put(.deployments, "a", "web", "{}")
    put(.statefulSets, "a", "db", "{}")
    put(.replicaSets, "a", "web-1", "{\(owner("Deployment", "web"))}")
    func pod(
      _ namespace: String, _ name: String, _ owner: String, _ address: String, _ more: String = "", _ phase: String = "Running"
    ) {
      put(
        .pods, namespace, name,
        #"{\#(owner),"spec":{"nodeName":"n"\#(more)},"status":{"phase":"\#(phase)","podIP":"\#(address)"}}"#)
    }
    pod("a", "web-1-x", owner("ReplicaSet", "web-1"), "10.244.0.2")
    pod("a", "db-0", owner("StatefulSet", "db"), "10.244.0.3")
    pod("a", "db-1", owner("StatefulSet", "db"), "10.244.0.4", "", "Failed")
    pod("a", "host", #""metadata":{}"#, "10.244.0.1", #","hostNetwork":true"#)
    pod("b", "other", owner("StatefulSet", "db"), "10.244.0.5")
    return store
  }

  @Test(
    "an end is a pod, or all that run over a node, a namespace or an owner, by kubectl's names of kinds",
    arguments: [
      ("pod/db-0", ["10.244.0.3"]), ("namespace/a", ["10.244.0.2", "10.244.0.3"]), ("deploy/web", ["10.244.0.2"]),
      ("RS/web-1", ["10.244.0.2"]), ("sts/db", ["10.244.0.3"]),
      ("node/n", ["10.244.0.1", "10.244.0.2", "10.244.0.3", "10.244.0.5"]),
    ])
  func ends(text: String, addresses: [String]) throws {
    let (end, store) = (try #require(FaultEnd(text, namespace: "a")), Self.store())
    #expect(end.problem(in: store) == nil)
    #expect(end.addresses(in: store) == addresses)
  }

  @Test("what is no end, or is not there, or is its node's, is told")
  func wrong() throws {
    for text in ["", "web", "pod/", "pod/a/b", "secret/x"] { #expect(FaultEnd(text, namespace: "a") == nil, "\(text)") }
    func problem(_ text: String) -> String? { FaultEnd(text, namespace: "a")?.problem(in: Self.store()) }
    #expect(problem("pod/x") == "there is no pod/x of namespace a")
    #expect(problem("ns/x") == "there is no namespace/x")
    #expect(problem("pod/host") == "pod/host of namespace a has the network of its node: name the node")
  }

  @Test("a fault between two hits both directions, one of a single end what crosses it; without faults there are no rules")
  func rules() {
    var rules = FaultRules(nodes: 1)
    let two = PlacedFault(number: 1, .loss(perMillion: 50_000), [["10.244.0.2"], ["10.244.0.3", "10.244.0.4"]])
    let one = PlacedFault(number: 10, .delay(milliseconds: 100, jitter: 0), [[]])
    let script = rules.replace([one, two]).script
    for line in [
      "set end_1_0 { type ipv4_addr; elements = { 10.244.0.2 }; }", "set end_10_0 { type ipv4_addr; }",
      "ip saddr @end_1_0 ip daddr @end_1_1 numgen random mod 1000000 <= 49999 drop",
      "ip daddr @end_1_0 ip saddr @end_1_1 numgen random mod 1000000 <= 49999 drop",
      "ip saddr @end_10_0 ip daddr != @end_10_0 meta priority set 65546",
    ] { #expect(script.contains(line), "\(line)") }
    #expect(!rules.replace([PlacedFault(number: 1)]).script.contains("end_1_0"))
    #expect(!rules.replace([PlacedFault(number: 10)]).script.contains("{"))
  }

  @Test("a fault says what it is in a line")
  func description() {
    let (pod, namespace) = (FaultEnd("pod/a", namespace: "default")!, FaultEnd("ns/b", namespace: "")!)
    #expect("\(NetworkFault(.loss(perMillion: 50_000), [pod]))" == "loss 5% between pod/a and all others")
    #expect("\(NetworkFault(.loss(perMillion: 1), [pod]))" == "loss 0.0001% between pod/a and all others")
    #expect(
      "\(NetworkFault(.delay(milliseconds: 5, jitter: 2), [pod, namespace]))" == "delay 5ms ± 2ms between pod/a and namespace/b")
  }
}
