import Daemon
import Foundation
import TestMachine
import Testing

/// The clients of Tests/Clients, put into .build/clients once. Skipped where PyPI cannot be reached and they are not there yet.
private enum PythonClients {
  static let scripts = [
    "official.py", "asyncio_client.py", "lightkube_client.py", "kr8s_client.py", "pykube_client.py", "kopf_operator.py",
  ]
  static let image = "tools:test"
  static let folder = repository + "/Tests/Clients"
  private static let home = repository + "/.build/clients"
  static let python = home + "/bin/python"

  /// Why they cannot be had; nil where they are there.
  static let problem: String? = {
    let wanted = (try? String(contentsOfFile: folder + "/requirements.txt", encoding: .utf8)) ?? ""
    let stamp = home + "/installed.txt"
    if (try? String(contentsOfFile: stamp, encoding: .utf8)) == wanted { return nil }
    let commands = [
      ["python3", "-m", "venv", "--clear", home],
      [
        python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1", "-r", folder + "/requirements.txt",
      ],
    ]
    for command in commands {
      guard let outcome = try? Program.runHere("/usr/bin/env", command) else { return "python3 cannot be started" }
      if outcome.status != 0 {
        return outcome.errors.split(separator: "\n").last.map(String.init) ?? command.joined(separator: " ")
      }
    }
    try? wanted.write(toFile: stamp, atomically: true, encoding: .utf8)
    return nil
  }()
}

/// On a machine with CI=true they need the network as well, or what an earlier run has fetched: without either they are skipped.
@Suite(
  "Clients in Python", .timeLimit(.minutes(2)), .serialized,
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"),
  .enabled(
    if: PythonClients.problem == nil, "needs the packages of Tests/Clients/requirements.txt: \(PythonClients.problem ?? "")"))
struct PythonClientTests {
  @Test("each reads what it is answered, and gets done what its users do with it", arguments: PythonClients.scripts)
  func plays(script: String) async throws {
    let test = try await TestCluster { $0.runsContainers = true }
    _ = try test.cluster.perform(.packTools(name: PythonClients.image))
    let outcome = try await Program.run(
      PythonClients.python, ["-B", PythonClients.folder + "/" + script],
      environment: ["KUBECONFIG": test.directory + "/kubeconfig", "HOME": test.directory, "IMAGE": PythonClients.image])
    await test.stop()
    #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
  }
}
