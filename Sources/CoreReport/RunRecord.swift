package import CoreObjects

/// Numbers over time, as a run gave them: a value holds until the next one. NaN: there was none.
package struct RunSeries: Sendable, Equatable {
  package var seconds: [Double] = []
  package var values: [Double] = []

  package init() {}

  package var last: Double? { values.last }
  /// A value that is the last one again is left out.
  package mutating func add(_ value: Double, at second: Double) {
    if let last = values.last, last == value || (last.isNaN && value.isNaN) { return }
    if second == seconds.last {
      values[values.count - 1] = value
      return
    }
    seconds.append(second)
    values.append(value)
  }
}

/// What one rehearsal of one autoscaler was: everything that is shown of it, in the terminal, in a report, in a file of numbers.
/// Seconds count from the run's beginning.
package struct RunRecord: Sendable {
  /// Names of the run of today's autoscalers, of the same beside one on a cluster, and of that one.
  package static let (today, simulated, live) = ("today", "simulated", "live")

  /// What tells this run from those beside it: "today", "hpa-new.yaml".
  package var name: String
  package var lengthSeconds: Double
  package var autoscalers: [AutoscalerRecord] = []
  /// Pods on each node, by the node's name, sorted.
  package var podsOnNodes: [(node: String, pods: RunSeries)] = []
  package var events: [RunEvent] = []
  /// What came of tests that were played during the run.
  package var tests: [ExpectationResult] = []

  package init(name: String, lengthSeconds: Double) {
    self.name = name
    self.lengthSeconds = lengthSeconds
  }

  /// The autoscaler's name; with the namespace where another one of the run has the same.
  package func name(of record: AutoscalerRecord) -> String {
    autoscalers.count { $0.name == record.name } > 1 ? "\(record.namespace)/\(record.name)" : record.name
  }

  /// "Deployment/web", or "a/Deployment/web".
  package func target(of record: AutoscalerRecord) -> String {
    autoscalers.count { $0.target == record.target } > 1 ? "\(record.namespace)/\(record.target)" : record.target
  }
}

/// Something that happened: a step of the scenario, a kill, a restart, a pod that found no node.
package struct RunEvent: Sendable, Equatable {
  package enum Kind: String, Sendable { case step, outOfMemory, crash, unschedulable, node, event }
  package var second: Double
  package var kind: Kind
  package var text: String

  package init(_ second: Double, _ kind: Kind, _ text: String) {
    self.second = second
    self.kind = kind
    self.text = text
  }
}

/// One autoscaler in a run.
package struct AutoscalerRecord: Sendable {
  package var namespace: String
  package var name: String
  /// "Deployment/web"
  package var target: String
  /// Its manifest as it was played, in YAML.
  package var manifest: String
  package var least = RunSeries()
  package var most = RunSeries()
  /// What the autoscaler wants; pods of the target; ready pods of it.
  package var desired = RunSeries()
  package var current = RunSeries()
  package var ready = RunSeries()
  package var metrics: [MetricRecord] = []
  package var loads: [LoadRecord] = []
  /// Usage of each pod, in the order in which they came: of the first metric that is measured by pod.
  package var pods: [(name: String, usage: RunSeries)] = []
  package var decisions: [DecisionRecord] = []
  package var holds: [HoldSpan] = []
  package var figures = RunFigures()

  package init(namespace: String, name: String, target: String, manifest: String) {
    self.namespace = namespace
    self.name = name
    self.target = target
    self.manifest = manifest
  }
}

/// One metric of an autoscaler.
package struct MetricRecord: Sendable {
  /// As the autoscaler calls it: "cpu", "queue_depth (External)".
  package var name: String
  package var unit: MetricUnit
  /// What the target is compared with, in the target's unit.
  package var value = RunSeries()
  package var target: Double
  /// The share of the target within which nothing changes: 0.1.
  package var tolerance: Double
  /// What it alone asked for.
  package var proposed = RunSeries()

  package init(name: String, unit: MetricUnit, target: Double, tolerance: Double) {
    self.name = name
    self.unit = unit
    self.target = target
    self.tolerance = tolerance
  }
}

package enum MetricUnit: String, Sendable { case percent, cores, bytes, number }

/// A load: what was offered, what the pods could take of it, and what was left over.
package struct LoadRecord: Sendable {
  package var name: String
  package var unit: MetricUnit
  package var offered = RunSeries()
  package var served = RunSeries()
  /// Work that waits (queue), or offered less served.
  package var unmet = RunSeries()

  package init(name: String, unit: MetricUnit) {
    self.name = name
    self.unit = unit
  }
}

/// A change of the count that an autoscaler wanted, or the reason why it kept it, said once.
package struct DecisionRecord: Sendable, Equatable {
  package var second: Double
  package var from: Int
  package var to: Int
  /// In words and numbers, as `wavetank explain` says it.
  package var sentence: String

  package init(second: Double, from: Int, to: Int, sentence: String) {
    self.second = second
    self.from = from
    self.to = to
    self.sentence = sentence
  }
}

/// A time in which another count was wanted than was given.
package struct HoldSpan: Sendable, Equatable {
  package enum Reason: String, Sendable { case window, policy, limit, missingMetrics }
  package var from: Double
  package var to: Double
  package var reason: Reason

  package init(from: Double, to: Double, reason: Reason) {
    self.from = from
    self.to = to
    self.reason = reason
  }
}

/// One column of the table that compares runs.
package struct RunFigures: Sendable, Equatable {
  /// Pods that were there, times hours.
  package var podHours = 0.0
  package var peak = 0
  /// How often the wanted count changed.
  package var changes = 0
  package var secondsAtMost = 0.0
  package var secondsAboveTarget = 0.0
  /// Unmet load as a share of what was offered, 0…1; nil where no load has an offer that can be missed.
  package var unmetShare: Double?
  /// From the metric's crossing of its target (with tolerance) until as many pods were ready as it asked for, or until it was back: the
  /// longest. nil where it never crossed.
  package var reactionSeconds: Double?
  package var outOfMemoryKills = 0

  package init() {}
}

/// What a scenario expected, and what came of it.
package struct ExpectationResult: Sendable, Equatable {
  package var name: String
  /// In which run.
  package var run: String
  package var isMet: Bool
  /// False: there is nothing that it could be judged by, which `explanation` says.
  package var isJudged = true
  /// When it failed; nil where it held, or where no moment is to be named.
  package var second: Double?
  /// Why it failed, in words and numbers.
  package var explanation: String

  package init(name: String, run: String, isMet: Bool, second: Double? = nil, explanation: String = "") {
    self.name = name
    self.run = run
    self.isMet = isMet
    self.second = second
    self.explanation = explanation
  }
}

/// All runs of one input, side by side; the first is today's.
package struct Rehearsed: Sendable {
  package var title: String
  package var runs: [RunRecord]
  /// Place of the run that was played on a cluster; the first one is its simulation.
  package var live: Int?
  package var expectations: [ExpectationResult] = []
  /// The one command that plays it again.
  package var command: String
  package var version: String
  package var seed: UInt64
  package var startedAt: Instant
  /// What was read: the files' names, and a line on each.
  package var sources: [(name: String, note: String)] = []

  package init(title: String, runs: [RunRecord], command: String, version: String, seed: UInt64, startedAt: Instant) {
    self.title = title
    self.runs = runs
    self.command = command
    self.version = version
    self.seed = seed
    self.startedAt = startedAt
  }

  /// How far the run on a cluster and its simulation are apart, target by target.
  package var distances: [RunDistance] { live.map { RunDistance.all(runs[0], runs[$0]) } ?? [] }

  /// Holds the runs against what is expected of them.
  package mutating func judge(_ wanted: [RunExpectation]) {
    for (number, run) in runs.enumerated() {
      for one in wanted {
        expectations += one.judge(run)
        if number == live { expectations += one.judge(run, beside: runs[0]) }
        if live == nil, number == 0, one.isOfLive { expectations.append(one.unjudged(run)) }
      }
      expectations += run.tests
    }
  }
}
