import CoreObjects
import Daemon
import EdgeHTTP
import EdgeLinux
import Foundation
import Synchronization
import TestMachine
import Testing

@Suite(
  "The kubelet's own API", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct KubeletTests {
  private static let node = "wavetank-worker"

  /// Two nodes; a pod `client` on the first and a pod `talker`, that says "hello" and runs, on the second.
  private func start() async throws -> TestCluster {
    let test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 2
    }
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    for (name, node, run) in [
      ("client", "wavetank-control-plane", "sleep 1000"),
      ("talker", Self.node, "echo hello; head -c 100000 /dev/zero > /big; sleep 1000"),
    ] {
      let container: JSON = [
        "name": "main", "image": "tools:test", "imagePullPolicy": "Never", "command": ["sh", "-c", .string(run)],
        "resources": ["requests": ["cpu": "100m"], "limits": ["cpu": "500m", "memory": "64Mi"]],
      ]
      await test.cluster.send(
        .post, "/api/v1/namespaces/default/pods",
        [
          "metadata": ["name": .string(name)],
          "spec": ["nodeName": .string(node), "terminationGracePeriodSeconds": 0, "containers": [container]],
        ])
    }
    for name in ["client", "talker"] {
      try await wait(
        for: name, { await test.cluster.send(.get, "/api/v1/namespaces/default/pods/\(name)").body[.status][.phase] },
        until: { $0 == "Running" })
    }
    return test
  }

  /// What the pod `client` is answered, with its own token, and the certificate checked.
  private func ask(_ test: TestCluster, _ path: String, node: Int = 1, token: Bool = true) async throws -> String {
    let place = "/var/run/secrets/kubernetes.io/serviceaccount"
    let credential = token ? "--token=$(cat \(place)/token)" : "--token=nobody"
    let call =
      "kubectl get --raw \(path) --server=https://10.244.\(node).1:10250 --certificate-authority=\(place)/ca.crt \(credential) 2>&1"
    return try await test.kubectl(["exec", "client", "--", "sh", "-c", call + "; true"]).output
  }

  @Test("each node answers at its address, under its certificate, to whoever has the right to the subresource and to nobody else")
  func authorisation() async throws {
    let test = try await start()
    #expect(try await ask(test, "/metrics/resource", token: false).contains("You must be logged in"))
    #expect(try await ask(test, "/metrics/resource").contains("subresource(s)=[metrics]"))
    let rules: JSON = [["apiGroups": [""], "resources": ["nodes/metrics", "nodes/healthz"], "verbs": ["get"]]]
    await test.cluster.send(
      .post, "/apis/rbac.authorization.k8s.io/v1/clusterroles", ["metadata": ["name": "reader"], "rules": rules])
    await test.cluster.send(
      .post, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      [
        "metadata": ["name": "reader"],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"],
        "subjects": [["kind": "ServiceAccount", "namespace": "default", "name": "default"]],
      ])
    for node in 0...1 { #expect(try await ask(test, "/healthz", node: node) == "ok\n") }
    let metrics = try await ask(test, "/metrics/resource")
    #expect(metrics.contains(#"container_cpu_usage_seconds_total{container="main",namespace="default",pod="talker"}"#))
    #expect(!metrics.contains("client"))
    let figures = try await ask(test, "/metrics/cadvisor", node: 0).split(separator: "\n")
    for (name, value) in [("spec_cpu_quota", "50000"), ("spec_cpu_shares", "102"), ("spec_memory_limit_bytes", "67108864")] {
      let line = figures.first { $0.hasPrefix("container_\(name){container=\"main\"") && $0.contains("pod=\"client\"") }
      #expect(line?.contains("} \(value) ") == true, "\(name): \(line ?? "")")
    }
    #expect(try await ask(test, "/pods").contains("subresource(s)=[pods proxy]"))
    #expect(try await ask(test, "/stats/summary").contains("Forbidden"))
    #expect(try await ask(test, "/exec/default/talker/main?command=id&output=1").contains("Forbidden"))
    await test.stop()
  }

  @Test("through nodes/proxy the API server asks for whoever may: figures, pods, configuration, logs")
  func proxied() async throws {
    let test = try await start()
    let base = "/api/v1/nodes/\(Self.node)/proxy"
    let summary = await test.cluster.send(.get, base + "/stats/summary").body
    #expect(summary["node"]["nodeName"] == .string(Self.node))
    let pod = summary["pods"][0]
    #expect(pod["podRef"][.name] == "talker" && summary["pods"].elements.count == 1)
    #expect(pod["memory"]["workingSetBytes"].int ?? 0 > 0 && pod["network"]["interfaces"][0][.name] == "eth0")
    #expect(pod["containers"][0]["rootfs"]["usedBytes"].int ?? 0 >= 100_000)
    #expect(pod["containers"][0]["rootfs"]["inodesUsed"].int ?? 0 >= 1 && pod["process_stats"]["process_count"].int ?? 0 >= 1)
    #expect(pod["memory"]["pageFaults"].int ?? 0 > 0 && summary["node"]["rlimit"]["curproc"].int ?? 0 > 0)
    #expect(summary["node"]["systemContainers"].elements.map { $0[.name] } == ["pods", "kubelet"])
    #expect(summary["node"]["systemContainers"].elements.allSatisfy { $0["memory"]["usageBytes"].int ?? 0 > 0 })
    #expect(await test.cluster.send(.get, base + "/pods").body[.items].elements.map { $0[.metadata][.name] } == ["talker"])
    let running = await test.cluster.send(.get, base + "/runningpods/").body[.items]
    #expect(running.elements.map { $0[.spec][.containers][0][.name] } == ["main"])
    #expect(await test.cluster.send(.get, base + "/configz").body["kubeletconfig"]["maxPods"] == 110)
    #expect(
      await test.cluster.send(.get, base + "/configz").body["kubeletconfig"]["evictionHard"]
        == ["memory.available": "100Mi", "nodefs.available": "100Mi"])
    let log = try await test.kubectl(["get", "--raw", base + "/containerLogs/default/talker/main?tailLines=1"])
    #expect(log.output == "hello\n")
    #expect(await test.cluster.send(.get, base + "/containerLogs/default/client/main").status == 404)
    #expect(await test.cluster.send(.get, base + "/unknown").status == 404)
    #expect(await test.cluster.send(.get, "/api/v1/nodes/nobody/proxy/healthz").status == 404)
    await test.stop()
  }

  @Test("a command can be run in a container by way of its node")
  func exec() async throws {
    let test = try await start()
    let client = HTTPClient(tls: try TLSContext(clientTrusting: [], isVerifying: false), patience: .seconds(10))
    let headers: HTTPHeaders = [
      "authorization": "Bearer " + (try await test.token()), "connection": "Upgrade", "upgrade": "websocket",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13",
      "sec-websocket-protocol": "v4.channel.k8s.io",
    ]
    let given = Mutex<UpgradedConnection?>(nil)
    let path = "/api/v1/nodes/\(Self.node)/proxy/exec/default/talker/main?command=hostname&output=1&error=1"
    let head = try await client.stream(
      HTTPClientRequest(.get, path, headers: headers),
      to: HTTPOrigin(isTLS: true, host: "127.0.0.1", port: test.cluster.address.port), isFresh: true,
      upgraded: { connection in given.withLock { $0 = connection } }, { _, _ in })
    #expect(head.status == 101 && head.headers["sec-websocket-protocol"] == "v4.channel.k8s.io")
    let connection = try #require(given.withLock { $0 })
    var received: [UInt8] = []
    while let bytes = try? await connection.read() { received += bytes }
    #expect(String(decoding: received, as: UTF8.self).contains("talker\n"))
    #expect(String(decoding: received, as: UTF8.self).contains("Success"))
    await connection.close()
    await client.close()
    await test.stop()
  }
}
