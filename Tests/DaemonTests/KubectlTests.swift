import Daemon
import Foundation
import Testing

private let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Every kubectl of this machine: the ones of the Google Cloud SDK by version, else the one on the PATH.
private func kubectls() -> [String] {
  let folder = "/usr/lib/google-cloud-sdk/bin"
  let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix("kubectl.1.") }.sorted()
  if !names.isEmpty { return names.map { folder + "/" + $0 } }
  return ["/usr/bin/kubectl", "/usr/local/bin/kubectl"].filter { FileManager.default.isExecutableFile(atPath: $0) }.prefix(1).map { $0 }
}

/// A cluster of this process on a free port, with a data directory of its own.
private final class TestCluster {
  let directory: String
  let cluster: Cluster

  init(_ directory: String = NSTemporaryDirectory() + "wavetank-" + UUID().uuidString) async throws {
    self.directory = directory
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    var configuration = ClusterConfiguration(dataDirectory: directory, kubeconfig: directory + "/kubeconfig")
    configuration.port = 0
    configuration.nodes = 3
    configuration.runsContainers = false
    cluster = try await Cluster(configuration)
  }

  func kubectl(_ path: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = repository
    process.environment = ["KUBECONFIG": directory + "/kubeconfig", "HOME": directory, "PATH": "/usr/bin:/bin"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = await Task.detached { (try? pipe.fileHandleForReading.readToEnd()) ?? Data() }.value
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  func stop() async {
    await cluster.stop()
    try? FileManager.default.removeItem(atPath: directory)
  }
}

@Suite("The real kubectl", .serialized, .enabled(if: !kubectls().isEmpty, "no kubectl is on this machine"))
struct KubectlTests {
  @Test("each version applies the practice's manifests and reads them back", arguments: kubectls())
  func appliesThePractice(path: String) async throws {
    let test = try await TestCluster()
    let applied = try await test.kubectl(path, ["apply", "-f", "Practice/manifests"])
    #expect(applied.status == 0, "\(applied.output)")
    #expect(applied.output.contains("statefulset.apps/app created"))
    let patch = #"[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--kubelet-insecure-tls"}]"#
    let patched = try await test.kubectl(path, ["patch", "-n", "kube-system", "deployment", "metrics-server", "--type=json", "-p", patch])
    #expect(patched.output.contains("deployment.apps/metrics-server patched"), "\(patched.output)")
    let nodes = try await test.kubectl(path, ["get", "nodes"])
    for name in ["wavetank-control-plane", "wavetank-worker", "wavetank-worker2"] { #expect(nodes.output.contains(name)) }
    let autoscaler = try await test.kubectl(path, ["get", "hpa", "app"])
    #expect(autoscaler.output.contains("StatefulSet/app"), "\(autoscaler.output)")
    let size = try await test.kubectl(path, ["patch", "cm", "app", "-p", #"{"data":{"size":"0"}}"#])
    #expect(size.output.contains("configmap/app patched"), "\(size.output)")
    let explained = try await test.kubectl(path, ["explain", "--api-version=autoscaling/v2", "hpa"])
    #expect(explained.status == 0 && explained.output.contains("HorizontalPodAutoscaler"), "\(explained.output)")
    await test.stop()
  }

  @Test("bad input is refused with the field named, and changes nothing")
  func refusesBadInput() async throws {
    let test = try await TestCluster()
    let path = kubectls()[0]
    let schedule = try await test.kubectl(path, ["create", "cronjob", "bad", "--image=x", "--schedule=61 * * * *"])
    #expect(schedule.status != 0 && schedule.output.contains("spec.schedule"), "\(schedule.output)")
    let missing = try await test.kubectl(path, ["get", "cronjob", "bad"])
    #expect(missing.output.contains("NotFound"), "\(missing.output)")
    await test.stop()
  }

  @Test("objects survive a restart on the same data directory")
  func survivesARestart() async throws {
    let path = kubectls()[0]
    let first = try await TestCluster()
    let made = try await first.kubectl(path, ["create", "configmap", "kept", "--from-literal=a=b"])
    #expect(made.status == 0, "\(made.output)")
    await first.cluster.stop()
    let second = try await TestCluster(first.directory)
    let read = try await second.kubectl(path, ["get", "configmap", "kept", "-o", "jsonpath={.data.a}"])
    #expect(read.output == "b")
    await second.stop()
  }
}
