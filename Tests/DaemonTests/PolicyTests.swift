import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeRuntime
import TestMachine
import Testing

@testable import Daemon

extension ServiceCluster {
  fileprivate static let policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"

  fileprivate func policy(_ name: String, _ spec: String) async throws {
    let text = #"{"metadata":{"name":"\#(name)"},"spec":{\#(spec)}}"#
    let answer = await test.cluster.send(.post, Self.policies, try JSONParser.parse(Array(text.utf8)))
    guard answer.status == 201 else { throw ProgramError(description: "\(answer.body)") }
  }

  fileprivate func remove(_ name: String) async { _ = await test.cluster.send(.delete, Self.policies + "/" + name) }

  func address(_ pod: String) async throws -> String {
    let path = "/api/v1/namespaces/default/pods/\(pod)"
    try await DaemonTests.wait(
      for: "\(pod) to run", { await test.cluster.send(.get, path).body[.status][.phase] }, until: { $0 == "Running" })
    return await test.cluster.send(.get, path).body[.status][.podIP].string ?? ""
  }

  /// Until a connection of a pod comes about, or does not.
  func expect(_ isOpen: Bool, from pod: String = "client", _ address: String, _ port: Int = 8080) async throws {
    let call = "busybox nc -w 1 \(address) \(port) < /dev/null > /dev/null 2>&1 && echo open || echo shut"
    try await DaemonTests.wait(
      for: "\(pod) to \(address):\(port)", { try await test.kubectl(["exec", pod, "--", "sh", "-c", call]).output },
      until: { $0 == (isOpen ? "open\n" : "shut\n") })
  }
}

@Suite(
  "NetworkPolicies in force", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct PolicyTests {
  @Test("who may call does so, by address and by Service, and nobody else; probes go on; without the policy all is as before")
  func ingress() async throws {
    let pods = try await ServiceCluster()
    let (web, service) = (try await pods.address("web-a"), try await pods.service("web"))
    try await pods.wait("both pods", service, ["web-a", "web-b"])
    let spec = #""podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"]"#
    let from = #""from":[{"podSelector":{"matchLabels":{"app":"cli"}}}]"#
    try await pods.policy("p", spec + #","ingress":[{\#(from),"ports":[{"port":"http"}]}]"#)
    try await pods.expect(false, from: "web-b", web)
    try await pods.expect(true, web)
    try await pods.expect(true, from: "web-a", web)
    #expect(try await pods.answers(service) == ["web-a", "web-b"])
    // A pod is always let through to itself.
    try await DaemonTests.wait(
      for: "itself", { try await pods.answers(from: "web-b", service, calls: 2) }, until: { $0.contains("web-b") })
    await pods.remove("p")
    try await pods.policy("closed", spec)
    try await pods.expect(false, web)
    let network = try #require(pods.test.cluster.agent.value?.network)
    #expect((try? await network.connect(web, port: 8080, timeout: .seconds(1))) == nil)
    try await pods.policy("relays", spec + #","ingress":[{"from":[{"ipBlock":{"cidr":"10.244.255.1/32"}}]}]"#)
    await pods.test.cluster.traffic.settle()
    _ = try await network.connect(web, port: 8080, timeout: .seconds(2))
    let path = "/api/v1/namespaces/default/pods/web-a"
    #expect(await pods.test.cluster.send(.get, path).body[.status][.containerStatuses][0][.ready] == true)
    for name in ["closed", "relays"] { await pods.remove(name) }
    try await pods.expect(true, from: "web-b", web)
    await pods.test.stop()
  }

  @Test("who may only ask the DNS asks it and reaches nobody else, unless a block of addresses says so; answers come back")
  func egress() async throws {
    let pods = try await ServiceCluster()
    let web = try await pods.address("web-a")
    _ = try await pods.address("client")
    let spec = #""podSelector":{"matchLabels":{"app":"cli"}},"policyTypes":["Egress"],"egress":"#
    try await pods.policy("none", spec + "[]")
    try await pods.expect(false, web)
    let ask = ["exec", "client", "--", "busybox", "nslookup", "kubernetes.default.svc.cluster.local", "10.96.0.10"]
    #expect(try await pods.test.kubectl(ask).status != 0)
    let names =
      #"{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}"#
    try await pods.policy(
      "names", spec + #"[{"to":[\#(names)],"ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"TCP"}]}]"#)
    try await DaemonTests.wait(
      for: "the DNS", { try await pods.test.kubectl(ask).output }, until: { $0.contains("Address: 10.96.0.1\n") })
    try await pods.expect(true, "10.96.0.10", 53)
    try await pods.expect(false, "10.96.0.1", 443)
    try await pods.policy(
      "api", spec + #"[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.244.0.0/16"]}}],"ports":[{"port":443}]}]"#)
    try await pods.expect(true, "10.96.0.1", 443)
    try await pods.expect(false, web)
    try await pods.expect(true, from: "web-a", "10.96.0.1", 443)
    await pods.test.stop()
  }

  @Test("a namespace's new label lets its pods in, and a pod that starts under a policy is never reached")
  func changes() async throws {
    let pods = try await ServiceCluster()
    let web = try await pods.address("web-a")
    let namespaces = "/api/v1/namespaces"
    _ = await pods.test.cluster.send(.post, namespaces, ["metadata": ["name": "other"]])
    let label = #""from":[{"namespaceSelector":{"matchLabels":{"team":"red"}}}]"#
    try await pods.policy("p", #""podSelector":{},"ingress":[{\#(label)}]"#)
    try await pods.expect(false, web)
    let network = try #require(pods.test.cluster.agent.value?.network)
    let path = "/api/v1/namespaces/default/pods/web-c"
    try await pods.create(
      "pods",
      """
      {"metadata":{"name":"web-c","labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[
       {"name":"main","image":"tools:test","imagePullPolicy":"Never","command":["busybox","httpd","-f","-p","8080","-h","/"]}]}}
      """)
    var attempts = 0
    while await pods.test.cluster.send(.get, path).body[.status][.phase] != "Running" || attempts < 50 {
      attempts += 1
      guard let address = await pods.test.cluster.send(.get, path).body[.status][.podIP].string else { continue }
      #expect((try? await network.connect(address, port: 8080, timeout: .milliseconds(20))) == nil)
    }
    _ = await pods.test.cluster.send(
      .patch, namespaces + "/default", ["metadata": ["labels": ["team": "red"]]],
      type: "application/merge-patch+json")
    try await pods.expect(true, web)
    try await pods.expect(true, try await pods.address("web-c"))
    await pods.test.stop()
  }
}
