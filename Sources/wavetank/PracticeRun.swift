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
  private let directory: String
  private let isTemporary: Bool
  private let port: UInt16

  init(_ invocation: Invocation<PracticeOptions>) {
    speed = invocation.speed
    csv = invocation.csv
    directory = invocation.dataDirectory ?? DataDirectory.temporary()
    isTemporary = invocation.dataDirectory == nil
    port = UInt16(invocation.port)
    app = invocation.app ?? ManifestFiles.package.map { $0 + "/.build/practice/app" } ?? ""
  }

  /// Ends the process: 0 if every row held, 1 if not, 3 where the practice cannot be played.
  func run(_ manifests: [JSON]) async -> Never {
    guard Files.isExecutable(app) else {
      abandon(
        "the practice's program is not there (\(app)); build it: swiftc -O -static-executable -o app Practice/App/main.swift, then --app app"
      )
    }
    DataDirectory.make(directory)
    let stopSignal = StopSignal()
    var configuration = ClusterConfiguration(dataDirectory: directory, kubeconfig: directory + "/kubeconfig")
    configuration.nodes = 3
    configuration.speed = speed
    configuration.port = port
    let cluster: Cluster
    do throws(ClusterError) { cluster = try await Cluster(configuration) } catch { abandon("\(error)") }
    let (outcomes, outcome) = AsyncStream.makeStream(of: Outcome.self)
    let playing = Task {
      do { outcome.yield(.played(try await play(manifests, cluster))) } catch { outcome.yield(.failed("\(error)")) }
    }
    Task {
      await stopSignal.wait()
      outcome.yield(.interrupted)
    }
    var result = Outcome.interrupted
    for await first in outcomes {
      result = first
      break
    }
    playing.cancel()
    await cluster.stop()
    removeData()
    finish(result)
  }

  private enum Outcome: Sendable {
    case played(PracticeProgress)
    case failed(String)
    case interrupted
  }

  private func play(_ manifests: [JSON], _ cluster: Cluster) async throws -> PracticeProgress {
    Standard.output("The practice at \(speed)x: a cluster of 3 nodes, kubeconfig \(directory)/kubeconfig")
    var progress = PracticeProgress()
    try await prepareImages(cluster, &progress)
    let screen = PracticeScreen(title: "The practice at \(speed)x", wall: SystemClock.monotonic)
    let practice = PracticePlay(LocalAccess(cluster: cluster)) { screen.show($0) }
    return try await practice.run(manifests, progress)
  }

  /// Packs the application, loads it as a person would, and makes the image that the job runs in.
  private func prepareImages(_ cluster: Cluster, _ progress: inout PracticeProgress) async throws {
    let packed = try cluster.perform(.pack(name: "app:test", program: app))
    progress.decide(.image, true, packed.first ?? "")
    for line in try cluster.perform(.loadImage(name: "app:test")) { Standard.output(line) }
    guard let problem = await cluster.pull(PracticeRun.tools) else {
      return Standard.output("\(PracticeRun.tools) was pulled from its registry.")
    }
    _ = try cluster.perform(.packTools(name: PracticeRun.tools))
    Standard.output("\(problem)\n\(PracticeRun.tools) is therefore a stand-in, made of this machine's bash, jq and kubectl.")
  }

  private func finish(_ outcome: Outcome) -> Never {
    switch outcome {
    case .interrupted: abandon("stopped before its end")
    case .failed(let reason): abandon(reason)
    case .played(let progress): PracticeReport(csv: csv).finish(progress)
    }
  }

  private func abandon(_ reason: String) -> Never {
    removeData()
    Standard.fail(reason)
  }

  private func removeData() { if isTemporary { DataDirectory.remove(directory) } }
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
