import CLinux
import CoreReport
import EdgeLinux
import Glibc
import Rehearsal

/// wavetank rehearse: what an autoscaler will do with a load, in virtual time.
enum RehearseCommand {
  struct Options: RehearsalOptions {
    let scenario = RehearsalOption.scenario
    let files = RehearsalOption.files
    let loads = RehearsalOption.loads
    let against = Option.list("--against", "FILE", .file, "another autoscaler, to lay beside today's")
    let length = RehearsalOption.length
    let startUp = RehearsalOption.startUp
    let nodes = RehearsalOption.nodes
    let skipsUnserved = RehearsalOption.skipsUnserved
    let featureGates = Option.featureGates
    let report = Option.value("--report", "FILE", .file, "writes a page of HTML with charts, to look at and to pass around")
    let junit = Option.value("--junit", "FILE", .file, "writes the expectations as JUnit's XML, for CI")
    let json = Option.value("--json", "FILE", .file, "writes everything as JSON")
    let csv = Option.value("--csv", "FILE", .file, "writes the series as comma-separated values, for pandas and Grafana")
    let openMetrics = Option.value("--openmetrics", "FILE", .file, "writes the series as OpenMetrics, for Prometheus")
    let seed = RehearsalOption.seed
    let live = Option.flag("--live", "plays it with real containers as well, on a cluster of its own").never(
      with: "--context", "--kubeconfig")
    let speed = Option.number(
      "--speed", "N", 0.1...240, default: 10, "how many times as fast as the wall's that cluster's time is"
    )
    .only(with: "--live")
    let context = Option.value(
      "--context", "NAME", .text, "plays it on the cluster of this context of the kubeconfig as well, at that cluster's pace")
    let kubeconfig = Option.value(
      "--kubeconfig", "F", .file, "the kubeconfig of that cluster", default: "$KUBECONFIG or ~/.kube/config")

    var all: [any OptionDescription] {
      [
        scenario, files, loads, against, length, startUp, nodes, skipsUnserved, featureGates, report, junit, json, csv,
        openMetrics, seed, live, speed, context, kubeconfig,
      ]
    }
  }

  static let command = Command(
    "rehearse", "shows what an autoscaler will do with a load",
    details: [
      "Plays manifests as they are in virtual time, under a load that production saw or that is made up: when the autoscaler scales "
        + "and why, what another one does, and whether what is expected holds.",
      "Second 0 is when the autoscalers are created; the workload is there before, ready and measured under the load's first level.",
      "With --live, --context or --kubeconfig it is also played on a cluster, whose containers make their own load, and both runs stand "
        + "side by side. What the run makes on a cluster that is not its own it removes.",
    ],
    examples: [
      "rehearse -f deploy.yaml -f hpa.yaml --load cpu=prom.json": "what the autoscaler does with that load",
      "rehearse -f app/ --load cpu=cpu.csv --against hpa-new.yaml": "today's autoscaler beside another one",
      "rehearse black-friday.yaml": "a scenario with its loads, steps and expectations",
      "rehearse scenario.yaml --live --report out.html": "simulated and with real containers, in one report",
    ],
    exitCodes: [0: "played, and all expectations hold", 1: "an expectation does not hold"], options: Options.self, run: run)

  /// On the main thread: the C library's heap takes locks as soon as a program has a second one, and a second one has a heap of its own.
  @MainActor private static func run(_ invocation: Invocation<Options>) async {
    linux_grow_heap_by(16 << 20)
    do throws(RehearsalError) {
      let rehearsal = try RehearsalInvocation(invocation, against: invocation.against)
      let isLive = invocation.live || invocation.context != nil || invocation.kubeconfig != nil
      if !isLive, let line = rehearsal.input.standIns.line { Standard.error(line) }
      let live = isLive ? try await LiveRehearsal(rehearsal: rehearsal).play(invocation) : nil
      let rehearsed = try rehearsal.play(beside: live)
      // Before the files: the answer is not lost where one cannot be written.
      Standard.output(TerminalReport(rehearsed).lines.joined(separator: "\n"))
      if let path = invocation.report { try write(ReportPage(rehearsed).bytes, to: path) }
      if let path = invocation.junit { try write(JUnitReport(rehearsed).bytes, to: path) }
      if let path = invocation.json { try write(JSONReport(rehearsed).bytes, to: path) }
      if let path = invocation.csv { try write(CSVReport(rehearsed).bytes, to: path) }
      if let path = invocation.openMetrics { try write(OpenMetricsReport(rehearsed).bytes, to: path) }
      exit(rehearsed.expectations.allSatisfy(\.isMet) ? 0 : 1)
    } catch {
      Standard.error(Standard.prefix + error.description)
      exit(2)
    }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(RehearsalError) {
    do throws(SystemError) { try Files.write(path, bytes, mode: 0o644) } catch { throw RehearsalError(error.reason, at: path) }
  }
}
