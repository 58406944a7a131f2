import CLinux
import CoreObjects
import EdgeLinux
import Glibc
import Rehearsal

/// wavetank practice: the practice as a checked run. Exit code 0 only if every row held.
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
    if invocation.simulate { await simulate(invocation) } else { await play(invocation) }
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

  /// In virtual time. It stays on the main thread, whose heap grows in larger steps: a simulation never suspends.
  @MainActor private static func simulate(_ invocation: Invocation<PracticeOptions>) async {
    linux_grow_heap_by(16 << 20)
    let manifests = manifests(invocation)
    let cluster = SimulatedAccess.practice(seed: UInt64(invocation.seed), timeZones: TimeZoneDatabase(read: ZoneFiles.read))
    do {
      let progress = try await PracticePlay(cluster).run(manifests, PracticeProgress(.simulated))
      Standard.output((PracticeView.changes(progress) + [""] + PracticeView.summary(progress)).joined(separator: "\n"))
      exit(progress.holds ? 0 : 1)
    } catch { Standard.fail("\(error)") }
  }
}
