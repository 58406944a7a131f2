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

    var all: [any OptionDescription] {
      [
        scenario, files, loads, against, length, startUp, nodes, skipsUnserved, featureGates, report, junit, json, csv,
        openMetrics, seed,
      ]
    }
  }

  static let command = Command(
    "rehearse", "shows what an autoscaler will do with a load",
    details: [
      "Plays manifests as they are in virtual time, under a load that production saw or that is made up: when the autoscaler scales "
        + "and why, what another one does, and whether what is expected holds.",
      "Second 0 is when the autoscalers are created; the workload is there before, ready and measured under the load's first level.",
    ],
    examples: [
      "rehearse -f deploy.yaml -f hpa.yaml --load cpu=prom.json": "what the autoscaler does with that load",
      "rehearse -f app/ --load cpu=cpu.csv --against hpa-new.yaml": "today's autoscaler beside another one",
      "rehearse black-friday.yaml": "a scenario with its loads, steps and expectations",
    ],
    exitCodes: [0: "played, and all expectations hold", 1: "an expectation does not hold"], options: Options.self
  ) { invocation throws(UsageError) in
    linux_grow_heap_by(16 << 20)
    do throws(RehearsalError) {
      let rehearsed = try RehearsalInvocation(invocation, against: invocation.against).play()
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
