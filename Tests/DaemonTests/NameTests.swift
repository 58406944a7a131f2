import Daemon
import Foundation
import TestMachine
import Testing

@Suite(
  "Names, as programs in pods look them up", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct NameTests {
  private static let manifest = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {clusterIP: 10.96.77.7, ports: [{name: http, port: 80}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: peers}
    spec: {clusterIP: None, selector: {app: peer}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: alias}
    spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: p, labels: {app: peer}}
    spec:
      hostname: one
      subdomain: peers
      terminationGracePeriodSeconds: 0
      hostAliases: [{ip: 192.0.2.9, hostnames: [nine, neuf]}]
      containers: [{name: main, image: 'tools:test', imagePullPolicy: Never, command: [sleep, '1000']}]
    """

  @Test("Services, headless ones and their pods, other names for them, and ports have names as soon as the API has answered")
  func names() async throws {
    let test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 1
    }
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    func run(_ words: String...) async throws -> String {
      let outcome = try await test.kubectl(words)
      guard outcome.status == 0 else { throw ProgramError(description: "kubectl \(words): \(outcome.output)") }
      return outcome.output
    }
    let file = test.directory + "/manifest.yaml"
    try Self.manifest.write(toFile: file, atomically: true, encoding: .utf8)
    _ = try await run("apply", "-f", file)
    _ = try await run("wait", "--for=condition=Ready", "pod/p", "--timeout=30s")
    let address = try await run("get", "pod", "p", "-o", "jsonpath={.status.podIP}")
    func lookUp(_ name: String, _ type: String = "a") async throws -> String {
      try await test.kubectl(["exec", "p", "--", "nslookup", "-type=" + type, name]).output
    }
    let suffix = ".default.svc.cluster.local"
    #expect(try await lookUp("web" + suffix).contains("Address: 10.96.77.7"))
    try await wait(for: "the headless Service") {
      try await lookUp("peers" + suffix)
    } until: {
      $0.contains("Address: \(address)")
    }
    #expect(try await lookUp("one.peers" + suffix).contains("Address: \(address)"))
    #expect(try await lookUp("alias" + suffix).contains("Address: 10.96.77.7"))
    #expect(try await lookUp("_http._tcp.web" + suffix, "srv").contains("80 web" + suffix))
    #expect(try await lookUp("7.77.96.10.in-addr.arpa", "ptr").contains("web" + suffix))
    #expect(try await lookUp("none" + suffix).contains("NXDOMAIN"))
    _ = try await run("create", "service", "clusterip", "late", "--tcp=80", "--clusterip=10.96.77.8")
    #expect(try await lookUp("late" + suffix).contains("Address: 10.96.77.8"))
    let resolver = try await run("exec", "p", "--", "cat", "/etc/resolv.conf")
    #expect(resolver.hasPrefix("search default.svc.cluster.local svc.cluster.local cluster.local"))
    #expect(resolver.contains("nameserver 10.96.0.10\noptions ndots:5\n"))
    let hosts = try await run("exec", "p", "--", "cat", "/etc/hosts")
    #expect(hosts.contains("192.0.2.9\tnine\tneuf\n") && hosts.contains("\(address)\tone.peers\(suffix)\tone\n"))
    #expect(try await run("get", "service", "-n", "kube-system", "-l", "k8s-app=kube-dns").contains("10.96.0.10"))
    for resource in ["endpointslices", "endpoints"] {
      #expect(try await run("get", resource, "-n", "kube-system", "kube-dns").contains("10.96.0.10"))
    }
    #expect(try await lookUp("10.0.96.10.in-addr.arpa", "ptr").contains("kube-dns.kube-system.svc.cluster.local"))
    await test.stop()
  }

  @Test("where somebody's Service has the address of the DNS, the cluster runs without one")
  func taken() async throws {
    let before = try await TestCluster { $0.nodes = 1 }
    let made = try await before.kubectl(["create", "service", "clusterip", "mine", "--tcp=80", "--clusterip=10.96.0.10"])
    #expect(made.status == 0, "\(made.output)")
    await before.cluster.stop()
    let test = try await TestCluster(before.directory) {
      $0.runsContainers = true
      $0.nodes = 1
    }
    #expect(try await test.kubectl(["get", "service", "-n", "kube-system", "-o", "name"]).output.contains("kube-dns") == false)
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    let run = ["run", "p", "--image=tools:test", "--image-pull-policy=Never", "--command", "--", "sleep", "1000"]
    #expect(try await test.kubectl(run).status == 0)
    #expect(try await test.kubectl(["wait", "--for=condition=Ready", "pod/p", "--timeout=30s"]).status == 0)
    let resolver = try await test.kubectl(["exec", "p", "--", "cat", "/etc/resolv.conf"])
    #expect(resolver.status == 0 && !resolver.output.contains("10.96.0.10"))
    await test.stop()
  }
}
