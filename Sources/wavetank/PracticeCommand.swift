import CLinux
import CoreJSON
import Daemon
import Glibc
import Simulation

/// wavetank practice: the practice as a checked run. Exit code 0 only if replicas went 1 → 5 → 1.
enum PracticeCommand {
  static let command = Command(
    "practice", "plays the practice: from 1 to 5 pods and back",
    details: [
      "A checked run of what Practice/ holds: a load makes an autoscaler go from 1 to 5 pods, then it goes back.",
      "Without --simulate, --context and --kubeconfig it starts a cluster of three nodes with real containers, and stops it at the end.",
    ],
    examples: [
      "practice --simulate": "the whole practice in virtual time", "practice --context NAME": "the same on a real cluster",
    ],
    exitCodes: [0: "every row holds", 1: "a row does not hold"], options: PracticeOptions.self
  ) { invocation in
    if invocation.simulate { simulate(invocation) } else { await play(invocation) }
  }

  /// With real containers.
  private static func play(_ invocation: Invocation<PracticeOptions>) async {
    let isRemote = invocation.context != nil || invocation.kubeconfig != nil
    if isRemote { await RemotePractice.run(manifests(invocation), invocation) }
    await PracticeRun(invocation).run(manifests(invocation))
  }

  private static func manifests(_ invocation: Invocation<PracticeOptions>) -> [JSON] {
    ManifestFiles.read(invocation.manifests ?? ManifestFiles.practice)
  }

  /// In virtual time. Not async: it belongs on the main thread, whose heap grows in larger steps.
  private static func simulate(_ invocation: Invocation<PracticeOptions>) {
    linux_grow_heap_by(16 << 20)
    let manifests = manifests(invocation)
    var practice = PracticeSimulation(seed: UInt64(invocation.seed), timeZones: ZoneFiles.database)
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
