/// How a level becomes the usage of pods. Levels and usage are in one unit, which is the caller's: cores, bytes, jobs.
package struct LoadModel: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The level is the load of all: it is spread over the ready pods, and each pod uses `base` besides.
    ///
    /// - Parameter reachesUnready: a pod that is not ready uses as much as one that is, as in `docs/hpa-cases.md`; else its base.
    case shared(base: Double, reachesUnready: Bool)
    /// Each pod uses the level; more pods do not lower it.
    case perPod
    /// As a job spreads it that runs every so many seconds: each pod that is there gets an equal share in whole grains (one
    /// millicore, one Mi), a pod that comes later has none until the next time.
    case ticked(everySeconds: Int, base: Double, grain: Double)
    /// Work arrives at the level per second, each ready pod does so much of it in a second; what waits is the metric. Pods use
    /// nothing.
    case queue(perPodPerSecond: Double)
  }

  /// What a pod uses besides while it is younger: a JVM that warms up.
  package struct StartSpike: Sendable, Equatable {
    package var level: Double
    package var seconds: Double

    package init(level: Double, seconds: Double) { (self.level, self.seconds) = (level, seconds) }
  }

  /// What lies between the time of a job that spreads the level and its effect.
  package struct Lag: Sendable, Equatable {
    /// From the job's time until it begins with the first pod.
    package var delaySeconds: Double
    /// For which it works on each pod, one after the other.
    package var podSeconds: Double
    /// The containers look at what it has done so often, from their start on; 0: at once.
    package var rereadSeconds: Double

    package init(delaySeconds: Double = 0, podSeconds: Double = 0, rereadSeconds: Double = 0) {
      (self.delaySeconds, self.podSeconds, self.rereadSeconds) = (delaySeconds, podSeconds, rereadSeconds)
    }
  }

  /// Pods without a sample.
  package enum Missing: Sendable, Equatable {
    /// Of the pods by name, those whose index leaves 1 when divided by this, as in `docs/hpa-cases.md`.
    case divisor(Int)
    /// Each sample by chance, which pod and moment decide.
    case probability(Double, seed: UInt64)
  }

  package var kind: Kind
  package var startSpike: StartSpike?
  /// Of the kind `ticked`.
  package var lag = Lag()
  package var missing: Missing?
  var isQueue: Bool { if case .queue = kind { true } else { false } }
  var isTicked: Bool { if case .ticked = kind { true } else { false } }
  /// What a pod uses may change at moments of its own.
  var hasTurns: Bool { isTicked || startSpike != nil }

  package init(_ kind: Kind, startSpike: StartSpike? = nil, missing: Missing? = nil) {
    self.kind = kind
    self.startSpike = startSpike
    self.missing = missing
  }

  /// What a pod uses besides its share.
  var base: Double {
    switch kind {
    case .shared(let base, _), .ticked(_, let base, _): base
    case .perPod, .queue: 0
    }
  }

  /// What a young pod uses besides.
  func spike(of pod: LoadPod, at second: Double) -> Double {
    startSpike.map { second < pod.startedAt + $0.seconds ? $0.level : 0 } ?? 0
  }
}
