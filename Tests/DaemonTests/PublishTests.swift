import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeLinux
import EdgeRuntime
import Foundation
import TestMachine
import Testing

@testable import Daemon

/// What a server answers to one request, up to its end.
private func answer(_ port: UInt16, _ request: String = "GET / HTTP/1.0\r\n\r\n") async throws -> String {
  let socket = try Socket.connect(to: SocketAddress(host: "127.0.0.1", port: port))
  while !(try Socket.finishConnecting(socket.number)) { try await Readiness.shared.wait(for: socket, writing: true) }
  try await socket.write(Array(request.utf8))
  return String(decoding: try await socket.readToEnd(limit: 1 << 20), as: UTF8.self)
}

/// Why a port answers nothing.
private func refusal(_ port: UInt16) async -> Int32? {
  do { _ = try await answer(port) } catch { return (error as? SystemError)?.code }
  return nil
}

/// A port that nobody has at the moment.
private func freePort() throws -> UInt16 { try ListeningSocket(SocketAddress(host: "127.0.0.1", port: 0)).address.port }

extension PublishedPort {
  fileprivate init(free text: String) throws { try self.init("\(freePort()):\(text)") }
}

@Suite(
  "Ports of the host that lead into the cluster", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct PublishTests {
  private static let web = """
    {"metadata":{"name":"web","labels":{"app":"web"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[
     {"name":"main","image":"tools:test","imagePullPolicy":"Never","ports":[{"name":"http","containerPort":8080}],
      "command":["sh","-c","mkdir /www; echo page > /www/index.html; exec busybox httpd -f -p 8080 -h /www"]}]}}
    """

  private static func service(_ name: String, _ spec: String) -> String {
    #"{"metadata":{"name":"\#(name)"},"spec":{\#(spec)}}"#
  }

  private static func cluster(_ change: (inout ClusterConfiguration) -> Void = { _ in }) async throws -> TestCluster {
    try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 2
      change(&$0)
    }
  }

  private static func create(_ test: TestCluster, _ path: String, _ text: String) async throws {
    let answer = await test.cluster.send(.post, path, try JSONParser.parse(Array(text.utf8)))
    guard answer.status == 201 else { throw ProgramError(description: "\(path): \(answer.body)") }
  }

  private static func isServed(_ port: UInt16) async throws {
    try await wait(for: "the page", { (try? await answer(port)) ?? "" }, until: { $0.hasSuffix("page\n") })
  }

  @Test("a node port is reached from the host as soon as it is there, from up on or added later, until it is taken away")
  func nodePort() async throws {
    let first = try PublishedPort(free: "30080")
    let test = try await Self.cluster { $0.published = [first] }
    let cluster = test.cluster
    #expect(cluster.published == ["\(first.place) leads to node port 30080, which no Service has yet"])
    #expect(await refusal(first.address.port) == ECONNRESET)
    _ = try cluster.perform(.packTools(name: "tools:test"))
    try await Self.create(test, "/api/v1/namespaces/default/pods", Self.web)
    let spec = #""type":"NodePort","selector":{"app":"web"},"ports":[{"port":80,"targetPort":"http","nodePort":30080}]"#
    try await Self.create(test, "/api/v1/namespaces/default/services", Self.service("web", spec))
    try await Self.isServed(first.address.port)
    try await wait(for: "its end", { cluster.published }, until: { $0 == ["\(first.place) leads to node port 30080"] })

    let second = try PublishedPort(free: "30080")
    #expect(try cluster.publish(second) == "\(second.place) leads to node port 30080")
    try await Self.isServed(second.address.port)
    let open = try Socket.connect(to: second.address)
    try await wait(for: "the connection", { cluster.published }, until: { $0.last?.hasSuffix("; 1 connection") == true })
    #expect(throws: PublishError.published(second)) { try cluster.publish(second) }
    let removed = try await cluster.unpublish(HostSide("\(second.address.port)"))
    #expect(removed == ["\(second.place) leads to node port 30080 no longer"])
    await #expect(throws: SystemError("read", code: ECONNRESET)) { try await open.read() }
    #expect(await refusal(second.address.port) == ECONNREFUSED)
    await #expect(throws: PublishError.notPublished("\(second.place)")) { try await cluster.unpublish(HostSide(second.place)) }
    try await Self.isServed(first.address.port)
    await test.stop()
    #expect(await refusal(first.address.port) == ECONNREFUSED)
  }

  @Test("a Service of any type is reached by its name, also one that is made later or again, and by its ports' numbers and names")
  func byName() async throws {
    let test = try await Self.cluster()
    let cluster = test.cluster
    let ports = try ["svc/web", "svc/web:http", "svc/web.default:80"].map { try PublishedPort(free: $0) }
    let line = try cluster.publish(ports[0])
    #expect(line == "\(ports[0].place) leads to Service web in namespace default, which is not there yet")
    for port in ports.dropFirst() { _ = try cluster.publish(port) }
    _ = try cluster.perform(.packTools(name: "tools:test"))
    try await Self.create(test, "/api/v1/namespaces/default/pods", Self.web)
    let services = "/api/v1/namespaces/default/services"
    let spec = Self.service("web", #""selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"http"}]"#)
    for _ in 0..<2 {
      try await Self.create(test, services, spec)
      for port in ports { try await Self.isServed(port.address.port) }
      _ = await cluster.send(.delete, services + "/web")
      #expect(await refusal(ports[0].address.port) == ECONNRESET)
    }
    try await Self.create(test, services, Self.service("none", #""clusterIP":"None","ports":[{"port":80}]"#))
    try await Self.create(test, services, spec)
    let headless = try cluster.publish(PublishedPort(free: "svc/none"))
    #expect(headless.hasSuffix("leads to Service none in namespace default, which has no address in the cluster"))
    let other = try cluster.publish(PublishedPort(free: "svc/web:81"))
    #expect(other.hasSuffix("leads to port 81 of Service web in namespace default, which has no such tcp port"))
    await test.stop()
  }

  @Test("datagrams reach a Service, and its answers find back")
  func datagrams() async throws {
    let test = try await Self.cluster()
    let network = try #require(test.cluster.agent.value?.network)
    let server = try #require(network.place(ofNode: 0)).inside { () throws(SystemError) in
      try Datagrams.bind(to: SocketAddress(host: "10.244.0.1", port: 5300))
    }
    let echo = Task {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
      defer { buffer.deallocate() }
      while (try? await Readiness.shared.wait(for: server, writing: false)) != nil {
        while let (bytes, sender) = Datagrams.receive(server, buffer) { Datagrams.send(Array(bytes), to: sender, from: server) }
      }
    }
    try await Self.create(
      test, "/api/v1/namespaces/default/services", Self.service("echo", #""ports":[{"port":53,"protocol":"UDP"}]"#))
    try await Self.create(
      test, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      """
      {"metadata":{"name":"echo-1","labels":{"kubernetes.io/service-name":"echo"}},"addressType":"IPv4",
       "endpoints":[{"addresses":["10.244.0.1"],"conditions":{"ready":true}}],"ports":[{"port":5300,"protocol":"UDP"}]}
      """)
    let port = try PublishedPort(free: "svc/echo/udp")
    #expect(try test.cluster.publish(port).hasSuffix("/udp leads to Service echo in namespace default"))
    let client = try Datagrams.connect(to: port.address)
    try await wait(
      for: "the echo",
      {
        try await client.write(Array("hello".utf8))
        return (try? client.readNow()) ?? []
      }, until: { $0 == Array("hello".utf8) })
    #expect(test.cluster.published.first?.hasSuffix("; 1 client") == true)
    echo.cancel()
    await test.stop()
  }
}

@Suite("Ports that cannot be published", .timeLimit(.minutes(1)))
struct PublishRefusalTests {
  @Test("a port that is taken is told before anything runs, and by a running cluster", .enabled(if: Requirement.met(.root)))
  func taken() async throws {
    let holder = try ListeningSocket(SocketAddress(host: "127.0.0.1", port: 0))
    let message = "cannot listen on \(holder.address): the port is in use"
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let words = ["up", "--port", "0", "--data-dir", directory, "--publish", "\(holder.address.port):30080"]
    let outcome = try await Program.run(UpTests.wavetank, words)
    #expect(outcome.status == 3 && outcome.output.isEmpty && outcome.errors == "wavetank: \(message)\n", "\(outcome)")
    let detached = try await Program.run(UpTests.wavetank, words + ["--detach"])
    #expect(detached.status == 3 && detached.errors == "wavetank: \(message)\n", "\(detached)")
  }

  @Test("a cluster without containers publishes nothing")
  func withoutContainers() async throws {
    let test = try await TestCluster()
    #expect(throws: PublishError.noContainers) { try test.cluster.publish(PublishedPort("0:30080")) }
    await #expect(throws: PublishError.noContainers) { try await test.cluster.unpublish(HostSide("80")) }
    #expect(test.cluster.published.isEmpty)
    await test.stop()
  }
}
