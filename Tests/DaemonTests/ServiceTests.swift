import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeRuntime
import Foundation
import TestMachine
import Testing

@testable import Daemon

/// Two nodes with two web servers that tell their pod's name, and a client.
struct ServiceCluster {
  let test: TestCluster

  init() async throws {
    test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 2
    }
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    for name in ["web-a", "web-b", "client"] {
      let serve = "mkdir /www; hostname > /www/index.html; exec busybox httpd -f -p 8080 -h /www"
      try await create(
        "pods",
        """
        {"metadata":{"name":"\(name)","labels":{"app":"\(name.prefix(3))"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[
         {"name":"main","image":"tools:test","imagePullPolicy":"Never","ports":[{"name":"http","containerPort":8080}],
         "command":["sh","-c","\(name == "client" ? "sleep 1000" : serve)"]
         \(name == "client" ? "" : #","readinessProbe":{"httpGet":{"port":"http"},"periodSeconds":1}"#)}]}}
        """)
    }
  }

  func create(_ resource: String, _ text: String) async throws {
    let path = "/api/v1/namespaces/default/\(resource)"
    let answer = await test.cluster.send(.post, path, try JSONParser.parse(Array(text.utf8)))
    guard answer.status == 201 else { throw ProgramError(description: "\(path): \(answer.body)") }
  }

  /// A Service of the web servers; its cluster address.
  func service(_ name: String, _ more: String = "", app: String = "web", port: String = "") async throws -> String {
    try await create(
      "services",
      """
      {"metadata":{"name":"\(name)"},"spec":{"selector":{"app":"\(app)"},"ports":[{"port":80,"targetPort":"http"\(port)}]\(more)}}
      """)
    return await test.cluster.send(.get, "/api/v1/namespaces/default/services/\(name)").body[.spec][.clusterIP].string ?? ""
  }

  /// What `calls` calls of an address by a pod were answered, each once, sorted.
  func answers(from pod: String = "client", _ address: String, port: Int = 80, calls: Int = 16) async throws -> [String] {
    let call = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 2 \(address) \(port) 2>&1 | tail -1"
    let (_, output) = try await test.kubectl(["exec", pod, "--", "sh", "-c", "for i in $(seq \(calls)); do \(call); done"])
    return Set(output.split(separator: "\n").map(String.init)).sorted()
  }

  func wait(_ what: String, from pod: String = "client", _ address: String, port: Int = 80, _ expected: [String]) async throws {
    try await DaemonTests.wait(for: what, { try await answers(from: pod, address, port: port) }, until: { $0 == expected })
  }
}

@Suite(
  "Addresses of Services", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct ServiceTests {
  @Test("a pod reaches every ready pod of a Service by its address, also itself; without any it is refused at once")
  func clusterAddress() async throws {
    let services = try await ServiceCluster()
    let address = try await services.service("web")
    try await services.wait("both pods", address, ["web-a", "web-b"])
    try await services.wait("both pods, from one of them", from: "web-a", address, ["web-a", "web-b"])
    _ = await services.test.cluster.send(.delete, "/api/v1/namespaces/default/pods/web-a")
    try await services.wait("the one that is left", address, ["web-b"])
    let none = try await services.service("none", app: "nothing")
    #expect(try await services.answers(none, calls: 3) == ["nc: can't connect to remote host (\(none)): Connection refused"])
    await services.test.stop()
  }

  @Test("with affinity a client stays with its pod until that is gone")
  func affinity() async throws {
    let services = try await ServiceCluster()
    let address = try await services.service("web", #","sessionAffinity":"ClientIP""#)
    let all = try await services.service("all")
    try await services.wait("both pods", all, ["web-a", "web-b"])
    let first = try await services.answers(address)
    #expect(first.count == 1)
    _ = await services.test.cluster.send(.delete, "/api/v1/namespaces/default/pods/\(first[0])")
    try await services.wait("the other", address, [first == ["web-a"] ? "web-b" : "web-a"])
    await services.test.stop()
  }

  @Test("a node port is open on every node, with policy Local where a pod is; the API server's address leads to it")
  func nodePort() async throws {
    let services = try await ServiceCluster()
    _ = try await services.service("web", #","type":"NodePort""#, port: #","nodePort":30080"#)
    for node in 0...1 { try await services.wait("node \(node)", "10.244.\(node).1", port: 30080, ["web-a", "web-b"]) }
    _ = try await services.service("near", #","type":"NodePort","externalTrafficPolicy":"Local""#, port: #","nodePort":30081"#)
    for node in 0...1 {
      let pods = await services.test.cluster.send(.get, "/api/v1/namespaces/default/pods?labelSelector=app=web").body[.items]
      let there = pods.elements.filter { $0[.status][.podIP].string?.hasPrefix("10.244.\(node).") == true }
        .compactMap { $0[.metadata][.name].string }.sorted()
      let refused = "nc: can't connect to remote host (10.244.\(node).1): Connection refused"
      try await services.wait("node \(node)", "10.244.\(node).1", port: 30081, there.isEmpty ? [refused] : there)
    }
    let call = "busybox nc -w 5 10.96.0.1 443 < /dev/null > /dev/null && echo open"
    #expect(try await services.test.kubectl(["exec", "client", "--", "sh", "-c", call]).output == "open\n")
    await services.test.stop()
  }

  @Test("nodes tell load balancers at the Service's own port whether they have backends, those that come later, too")
  func healthPort() async throws {
    let services = try await ServiceCluster()
    let more = #","type":"LoadBalancer","externalTrafficPolicy":"Local","allocateLoadBalancerNodePorts":false"#
    _ = try await services.service("outer", more)
    let path = "/api/v1/namespaces/default/services/outer"
    let port = try #require(await services.test.cluster.send(.get, path).body[.spec]["healthCheckNodePort"].int)
    let nodes = services.test.cluster.nodeNames
    var homes: [String] = []
    for name in ["web-a", "web-b"] {
      homes.append(
        await services.test.cluster.send(.get, "/api/v1/namespaces/default/pods/\(name)").body[.spec][.nodeName].string ?? "")
    }
    for (index, node) in nodes.enumerated() {
      let count = homes.count { $0 == node }
      let body = #"{"service":{"namespace":"default","name":"outer"},"localEndpoints":\#(count),"serviceProxyHealthy":true}"#
      // It ends in no newline.
      try await DaemonTests.wait(
        for: "node \(index)", { try await services.answers("10.244.\(index).1", port: port, calls: 1) }, until: { $0 == [body] })
    }
    let network = try #require(services.test.cluster.agent.value?.network)
    _ = try await services.test.cluster.perform(.add(name: "late", size: nil))
    try await DaemonTests.wait(
      for: "the late node", { try? await network.connect("10.244.2.1", port: UInt16(port), timeout: .seconds(1)) },
      until: { $0 != nil })
    _ = await services.test.cluster.send(.delete, path)
    try await DaemonTests.wait(
      for: "the port to close", { try? await network.connect("10.244.0.1", port: UInt16(port), timeout: .seconds(1)) },
      until: { $0 == nil })
    await services.test.stop()
  }

  @Test("pods in their nodes' network have the same port on each node, are probed there, and are called by the node's address")
  func hostNetwork() async throws {
    let services = try await ServiceCluster()
    for (node, name) in services.test.cluster.nodeNames.enumerated() {
      try await services.create(
        "pods",
        """
        {"metadata":{"name":"agent-\(node)"},"spec":{"nodeName":"\(name)","hostNetwork":true,"terminationGracePeriodSeconds":0,"containers":[
         {"name":"main","image":"tools:test","imagePullPolicy":"Never",
         "command":["sh","-c","mkdir /www; echo agent-\(node) > /www/index.html; exec busybox httpd -f -p 9100 -h /www"],
         "readinessProbe":{"httpGet":{"host":"127.0.0.1","port":9100},"periodSeconds":1}}]}}
        """)
    }
    for node in 0...1 {
      try await services.wait("agent \(node)", "10.244.\(node).1", port: 9100, ["agent-\(node)"])
      let path = "/api/v1/namespaces/default/pods/agent-\(node)"
      try await DaemonTests.wait(
        for: "agent \(node) to be ready",
        { await services.test.cluster.send(.get, path).body[.status][.containerStatuses][0][.ready] },
        until: { $0 == true })
    }
    await services.test.stop()
  }
}
