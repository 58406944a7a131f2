import CLinux
import CoreJSON
import Daemon
import Glibc
import Simulation

/// wavetank practice: the practice as a checked run. Exit code 0 only if replicas went 1 → 5 → 1.
enum PracticeCommand {
  /// With real containers.
  static func play(_ arguments: [String]) async {
    let options = Options(
      arguments, options: ["--manifests", "--speed", "--app", "--csv", "--data-dir", "--port", "--context", "--kubeconfig"])
    let isRemote = options.text("--context") != nil || options.text("--kubeconfig") != nil
    if isRemote { await RemotePractice.run(manifests(options), options) }
    await PracticeRun(options).run(manifests(options))
  }

  private static func manifests(_ options: Options) -> [JSON] {
    ManifestFiles.read(options.text("--manifests") ?? ManifestFiles.practice)
  }

  /// In virtual time. Not async: it belongs on the main thread, whose heap grows in larger steps.
  static func simulate(_ arguments: [String]) {
    linux_grow_heap_by(16 << 20)
    let options = Options(arguments, options: ["--seed", "--manifests"], flags: ["--simulate"])
    let manifests = manifests(options)
    var practice = PracticeSimulation(seed: UInt64(options.number("--seed", 0...9e15) ?? 1), timeZones: ZoneFiles.database)
    practice.run(manifests)
    if let problem = practice.problem { Standard.fail("a manifest was refused: \(problem)") }
    Standard.output(pad("TIME", 8) + pad("SIZE", 6) + pad("MEMORY", 12) + pad("REPLICAS", 10) + "DECISION")
    for line in practice.lines {
      let time = "\(line.second / 60)m" + (line.second % 60 == 0 ? "" : "\(line.second % 60)s")
      Standard.output(pad(time, 8) + pad(line.size, 6) + pad(line.target, 12) + pad("\(line.replicas)", 10) + line.reason)
    }
    let sequence = practice.sequence.map(String.init).joined(separator: " → ")
    let holds = practice.sequence.max() == 5 && practice.sequence.first == 1 && practice.sequence.last == 1
    Standard.output("\nreplicas: \(sequence)   \(holds ? "as the practice wants: 1 → 5 → 1" : "NOT 1 → 5 → 1")")
    exit(holds ? 0 : 1)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
