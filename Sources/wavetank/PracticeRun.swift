import CoreObjects
import Daemon
import EdgeLinux
import Glibc
import Rehearsal

/// wavetank practice: a cluster of its own with real containers, the practice on it, and what it showed.
struct PracticeRun {
  private static let tools = "alpine/k8s:1.25.8"
  private let speed: Double
  private let app: String
  private let csv: String
  private let cluster: OwnCluster

  init(_ invocation: Invocation<PracticeOptions>) {
    let speed = invocation.speed
    self.speed = speed
    csv = invocation.csv
    cluster = OwnCluster(invocation.dataDirectory) { configuration in
      configuration.nodes = 3
      configuration.speed = speed
      configuration.port = UInt16(invocation.port)
    }
    app = invocation.app ?? ManifestFiles.package.map { $0 + "/.build/practice/app" } ?? ""
  }

  /// Ends the process: 0 if every row held, 1 if not, 3 where the practice cannot be played.
  func run(_ manifests: [JSON]) async -> Never {
    guard Files.isExecutable(app) else {
      Standard.fail(
        "the practice's program is not there (\(app)); build it: swiftc -O -static-executable -o app Practice/App/main.swift, then --app app"
      )
    }
    PracticeReport(csv: csv).finish(await cluster.run { try await play(manifests, $0) })
  }

  private func play(_ manifests: [JSON], _ cluster: Cluster) async throws -> PracticeProgress {
    Standard.output("The practice at \(speed)x: a cluster of 3 nodes, kubeconfig \(self.cluster.directory)/kubeconfig")
    var progress = PracticeProgress()
    let packed = try cluster.perform(.pack(name: "app:test", program: app))
    progress.decide(.image, true, packed.first ?? "")
    for line in try cluster.perform(.loadImage(name: "app:test")) { Standard.output(line) }
    Standard.output(try await cluster.pullTools(PracticeRun.tools))
    let screen = PracticeScreen(title: "The practice at \(speed)x", wall: SystemClock.monotonic)
    let practice = PracticePlay(LocalAccess(cluster: cluster)) { screen.show($0) }
    return try await practice.run(manifests, progress)
  }
}

/// What a practice that was played to its end leaves.
struct PracticeReport {
  let csv: String

  /// Ends the process: 0 if every row held, 1 if not.
  func finish(_ progress: PracticeProgress) -> Never {
    Standard.output("\n" + PracticeView.summary(progress).joined(separator: "\n"))
    if let problem = write(PracticeView.timeline(progress)) {
      Standard.error("the timeline could not be written to \(csv): \(problem)")
    } else {
      Standard.output("timeline: \(csv)")
    }
    exit(progress.holds ? 0 : 1)
  }

  private func write(_ text: String) -> String? {
    do throws(SystemError) { try Files.write(csv, text, mode: 0o644) } catch { return error.reason }
    return nil
  }
}
