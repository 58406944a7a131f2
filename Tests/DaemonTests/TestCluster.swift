import Daemon
import Foundation
import TestMachine

let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// A directory of its own for a test.
func temporaryDirectory() throws -> String {
  let path = NSTemporaryDirectory() + "wavetank-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

/// Runs kubectl against the cluster of a data directory.
func kubectl(_ arguments: [String], program: String = Kubectl.newest, directory: String) async throws -> Program.Outcome {
  try await Program.run(
    program, arguments, in: repository, environment: ["KUBECONFIG": directory + "/kubeconfig", "HOME": directory])
}

/// Asks again and again, until the answer is as it should be. The limit only ends a test that waits in vain.
func wait<Answer>(
  for what: String, _ ask: () async throws -> Answer, until holds: (Answer) -> Bool
) async throws {
  let limit = ContinuousClock.now + .seconds(60)
  while true {
    let found = try await ask()
    if holds(found) { return }
    guard ContinuousClock.now < limit else { throw ProgramError(description: "\(what): \(found)") }
    try await Task.sleep(for: .milliseconds(50))
  }
}

/// A cluster of this process on a free port, without containers.
final class TestCluster: Sendable {
  let directory: String
  let cluster: Cluster

  init(_ directory: String? = nil, change: (inout ClusterConfiguration) -> Void = { _ in }) async throws {
    self.directory = try directory ?? temporaryDirectory()
    var configuration = ClusterConfiguration(dataDirectory: self.directory, kubeconfig: self.directory + "/kubeconfig")
    configuration.port = 0
    configuration.nodes = 3
    configuration.runsContainers = false
    change(&configuration)
    cluster = try await Cluster(configuration)
  }

  func kubectl(_ arguments: [String], program: String = Kubectl.newest) async throws -> (status: Int32, output: String) {
    let outcome = try await DaemonTests.kubectl(arguments, program: program, directory: directory)
    return (outcome.status, outcome.output + outcome.errors)
  }

  func stop() async {
    await cluster.stop()
    try? FileManager.default.removeItem(atPath: directory)
  }
}
