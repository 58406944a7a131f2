import CLinux
import CoreReport
import EdgeClient
import EdgeLinux
import Glibc
import Rehearsal
import Synchronization

/// wavetank tune: looks for an autoscaler that meets a goal with less.
enum TuneCommand {
  struct Options: RehearsalOptions {
    let scenario = RehearsalOption.scenario
    let files = RehearsalOption.files
    let loads = RehearsalOption.loads
    let length = RehearsalOption.length
    let startUp = RehearsalOption.startUp
    let nodes = RehearsalOption.nodes
    let skipsUnserved = RehearsalOption.skipsUnserved
    let featureGates = Option.featureGates
    let seed = RehearsalOption.seed
    let goals = Option.list(
      "--goal", "GOAL", .text,
      "what must hold: unmet<1%, aboveTarget<5m, react<2m, neverAbove 10; the first is weighed against --least")
    let least = Option.value(
      "--least", "FIGURE", .choice(TuningAim.allCases.map(\.rawValue)), default: TuningAim.podHours.rawValue,
      "what is to be small")
    let autoscaler = Option.value("--autoscaler", "NAME", .text, "which one, where there are several")
    let runs = Option.wholeNumber("--runs", "N", 10...100_000, default: 1_000, "how many are played at the most")
    let output = Option.value("--output", "FILE", .file, "writes the autoscalers that were found as documents of YAML")

    var all: [any OptionDescription] {
      [
        scenario, files, loads, length, startUp, nodes, skipsUnserved, featureGates, seed, goals, least, autoscaler, runs, output,
      ]
    }
  }

  static let command = Command(
    "tune", "looks for an autoscaler that meets a goal with less",
    details: [
      "Rehearses many autoscalers in place of today's: targets, minimum and maximum, windows and policies, at first far apart, then around "
        + "the best. Shows those of which no other is better both in what is to be small and in the first goal, each as YAML to apply.",
      "A scenario's expectations are goals too. Ctrl-C ends the search with what was found so far.",
    ],
    examples: [
      "tune -f app/ --load cpu=cpu.csv --goal \"unmet<1%\" --least pod-hours":
        "the fewest pod-hours that leave less than 1% unmet",
      "tune scenario.yaml --output found.yaml": "the scenario's expectations as goals, and a file to apply one of",
    ],
    exitCodes: [0: "an autoscaler meets all goals", 1: "none does", 130: "ended by Ctrl-C"], options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) async {
    linux_grow_heap_by(16 << 20)
    let isStopped = Flag()
    do throws(RehearsalError) {
      let rehearsal = try RehearsalInvocation(invocation)
      if let line = rehearsal.input.standIns.line { Standard.error(line) }
      var goals: [RunExpectation] = []
      for text in invocation.goals { goals.append(try TuningGoal.read(text)) }
      goals += rehearsal.expectations.filter { !$0.isOfTwo }
      for one in rehearsal.expectations where one.isOfTwo {
        Standard.error("'\(one.name)' is no goal: nothing is played on a cluster")
      }
      if goals.isEmpty { throw RehearsalError("wants a --goal, as in --goal \"unmet<1%\"") }
      if rehearsal.input.loads.isEmpty {
        throw RehearsalError("there is no load: without one no autoscaler is better than another")
      }
      let aim = TuningAim(rawValue: invocation.least) ?? .podHours
      let search = try TuningSearch(
        rehearsal.input, subject: invocation.autoscaler, goals: goals, aim: aim, runLimit: invocation.runs)
      Task.detached {
        await StopSignal().wait()
        isStopped.set()
      }
      let progress = TuneProgress(runLimit: invocation.runs)
      let found = try await search.run(tasks: Machine.cores) { done in
        progress.show(done)
        return !isStopped.isSet
      }
      progress.clear()
      Standard.output(TuneReport(found, aim: aim).text)
      if let path = invocation.output { try write(TuneReport(found, aim: aim).documents, to: path) }
      exit(isStopped.isSet ? 130 : found.best == nil ? 1 : 0)
    } catch {
      Standard.error(Standard.prefix + error.description)
      exit(2)
    }
  }

  private static func write(_ text: String, to path: String) throws(RehearsalError) {
    do throws(SystemError) { try Files.write(path, Array(text.utf8), mode: 0o644) } catch {
      throw RehearsalError(error.reason, at: path)
    }
  }

  /// Set once, by another thread.
  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}

/// How far a search is, on the terminal of who waits for it.
private struct TuneProgress {
  let runLimit: Int
  private let begin = SystemClock.monotonic

  init(runLimit: Int) { self.runLimit = runLimit }

  func show(_ done: Int) {
    guard Terminal.isError, done % 10 == 0 else { return }
    let seconds = Double(SystemClock.monotonic - begin) / 1e9
    let left = seconds / Double(max(1, done)) * Double(runLimit - done)
    Descriptor.write("\r\u{1B}[K\(done) of at most \(runLimit) played, \(Int(left.rounded(.up))) s left", to: 2)
  }

  func clear() { if Terminal.isError { Descriptor.write("\r\u{1B}[K", to: 2) } }
}
