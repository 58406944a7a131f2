import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeLinux
import Foundation
import TestMachine
import Testing

@testable import Daemon

@Suite(
  "A cluster with a registry", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct RegistryServerTests {
  /// Pushes what `image save` wrote.
  private func push(_ archive: String, to port: UInt16, as name: String, tag: String) async throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    _ = try await Program.run("/bin/tar", ["-xf", archive, "-C", directory], in: directory)
    func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/" + path))) }
    let manifest = try #require(try JSONParser.parse(read("index.json"))["manifests"][0]["digest"].string).dropFirst(7)
    let (client, origin) = (HTTPClient(tls: nil), HTTPOrigin(isTLS: false, host: "127.0.0.1", port: port))
    for blob in try FileManager.default.contentsOfDirectory(atPath: directory + "/blobs/sha256") where blob != manifest {
      let place = "/v2/\(name)/blobs/uploads/?digest=sha256:\(blob)"
      let answer = try await client.send(HTTPClientRequest(.post, place, body: read("blobs/sha256/" + blob)), to: origin)
      #expect(answer.status == 201)
    }
    let place = "/v2/\(name)/manifests/\(tag)"
    let answer = try await client.send(HTTPClientRequest(.put, place, body: read("blobs/sha256/" + manifest)), to: origin)
    #expect(answer.status == 201)
  }

  @Test(
    "an image that is pushed runs in a pod; tools find the registry; a cluster that comes up without it keeps what was pushed")
  func registry() async throws {
    let directory = try temporaryDirectory()
    var test = try await TestCluster(directory) { configuration in
      configuration.runsContainers = true
      configuration.nodes = 1
      configuration.registryPort = 0
    }
    let port = try #require(test.cluster.registry.value?.port)
    let hosting = ["get", "configmap", "-n", "kube-public", "local-registry-hosting", "-o", "jsonpath={.data.*}"]
    #expect(try await test.kubectl(hosting).output.contains("host: \"localhost:\(port)\""))
    #expect(test.cluster.registryLine?.contains("localhost:\(port)") == true)
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    let archive = try temporaryDirectory() + "/tools.tar"
    _ = try test.cluster.perform(.save(name: "tools:test", path: archive))
    try await push(archive, to: port, as: "team/tools", tag: "1")
    let run = ["run", "p", "--image=localhost:\(port)/team/tools:1", "--restart=Never", "--", "sleep", "1000"]
    #expect(try await test.kubectl(run).status == 0)
    #expect(try await test.kubectl(["wait", "--for=condition=Ready", "pod/p", "--timeout=30s"]).status == 0)
    let events = try await test.kubectl(["get", "events"]).output
    #expect(events.contains("Pulled image \"localhost:\(port)/team/tools:1\" in "), "\(events)")
    // The pod's image is the one that was saved, by another name.
    #expect(try test.cluster.perform(.prune) == ["0 bytes of the disk are free again."])
    await test.cluster.stop()
    test = try await TestCluster(directory) { configuration in
      configuration.runsContainers = true
      configuration.nodes = 1
    }
    #expect(try await test.kubectl(hosting).output.contains("not found"))
    let names = try #require(test.cluster.images).list(node: "wavetank-control-plane").flatMap(\.names)
    #expect(names.contains("localhost:\(port)/team/tools:1"))
    await test.stop()
  }

  @Test("a port that another program has is told before anything runs")
  func taken() async throws {
    let socket = try ListeningSocket(SocketAddress(host: "127.0.0.1", port: 0))
    await #expect(throws: ClusterError.self) {
      try await TestCluster {
        $0.runsContainers = true
        $0.registryPort = socket.address.port
      }
    }
  }
}
