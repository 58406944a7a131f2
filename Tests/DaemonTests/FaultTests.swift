import CoreNode
import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeRuntime
import TestMachine
import Testing

@testable import Daemon

@Suite(
  "Faults of a cluster's network", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct FaultTests {
  private static func end(_ text: String) -> FaultEnd { FaultEnd(text, namespace: "default")! }

  private static func make(
    _ pods: ServiceCluster, _ effect: NetworkFault.Effect, _ ends: String..., seconds: Double? = nil
  ) async throws(FaultError) -> [String] {
    try await pods.test.cluster.perform(.make(NetworkFault(effect, ends.map(end)), seconds: seconds))
  }

  @Test("who is cut off reaches nobody, not even by a Service or a name, until it heals: when told to, or by itself")
  func cut() async throws {
    let pods = try await ServiceCluster()
    let cluster = pods.test.cluster
    let (web, names) = (try await pods.address("web-a"), "10.96.0.10")
    let service = try await pods.service("web")
    try await pods.wait("both pods", service, ["web-a", "web-b"])
    #expect(
      try await Self.make(pods, .cut, "pod/client", "pod/web-a") == [
        "1  cut between pod/client and pod/web-a (1 and 1 addresses); until it is healed"
      ])
    try await pods.expect(false, web)
    try await pods.expect(true, from: "web-b", web)
    try await pods.expect(true, names, 53)
    #expect(try await cluster.perform(.heal(nil)) == ["healed: cut between pod/client and pod/web-a"])
    try await pods.expect(true, web)
    _ = try await Self.make(pods, .loss(perMillion: 1_000_000), "pod/client", seconds: 3)
    try await pods.expect(false, names, 53)
    try await DaemonTests.wait(
      for: "healing", { try await cluster.perform(.show) }, until: { $0 == ["there are no faults"] })
    #expect(try await pods.answers(service) == ["web-a", "web-b"])
    await pods.test.stop()
  }

  @Test("a fault follows pods that are made later, and what does not make sense is refused")
  func later() async throws {
    let pods = try await ServiceCluster()
    _ = try await pods.address("client")
    #expect(
      try await Self.make(pods, .cut, "ns/default", "node/wavetank-worker")[0].hasPrefix("1  cut between namespace/default and"))
    try await pods.create(
      "pods",
      """
      {"metadata":{"name":"late"},"spec":{"nodeName":"wavetank-control-plane","terminationGracePeriodSeconds":0,"containers":[
       {"name":"main","image":"tools:test","imagePullPolicy":"Never","command":["busybox","httpd","-f","-p","8080","-h","/"]}]}}
      """)
    let late = try await pods.address("late")
    _ = try await pods.test.cluster.perform(.heal(1))
    try await pods.expect(true, late)
    _ = try await Self.make(pods, .cut, "ns/default")
    _ = await pods.test.cluster.send(.delete, "/api/v1/namespaces/default/pods/late")
    let network = try #require(pods.test.cluster.agent.value?.network)
    try await pods.create(
      "pods",
      """
      {"metadata":{"name":"later"},"spec":{"terminationGracePeriodSeconds":0,"containers":[
       {"name":"main","image":"tools:test","imagePullPolicy":"Never","command":["busybox","httpd","-f","-p","8080","-h","/"]}]}}
      """)
    let address = try await pods.address("later")
    #expect((try? await network.connect(address, port: 8080, timeout: .seconds(1))) == nil)
    await #expect(throws: FaultError("there is no pod/none")) { try await Self.make(pods, .cut, "pod/none") }
    await #expect(throws: FaultError("there is no fault 9; 'wavetank net show' lists them")) {
      try await pods.test.cluster.perform(.heal(9))
    }
    await pods.test.stop()
  }

  @Test("packets are delayed where the kernel can, and else one line says what it lacks")
  func delay() async throws {
    let pods = try await ServiceCluster()
    _ = try await pods.address("client")
    do {
      let lines = try await Self.make(pods, .delay(milliseconds: 1500, jitter: 0), "pod/client")
      #expect(lines[0].hasPrefix("1  delay 1500ms between pod/client"))
      try await pods.expect(false, "10.96.0.10", 53)
    } catch let error as FaultError { #expect("\(error)".contains("this kernel has no netem (module sch_netem)")) }
    await pods.test.stop()
  }

  @Test("a cluster without containers has no network that could fail")
  func withoutContainers() async throws {
    let test = try await TestCluster()
    await #expect(throws: FaultError.self) { try await test.cluster.perform(.show) }
    await test.stop()
  }
}
