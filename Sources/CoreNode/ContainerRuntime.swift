package import CoreObjects

/// One container of a pod as its node runs it. Small members stand where the compiler packs them: clusters of 100,000 pods hold as many.
package struct ContainerRuntime: Sendable {
  package enum Role: Sendable {
    case initial, sidecar, main
    /// Added to the running pod to look into it; it counts for nothing that the pod does.
    case ephemeral

    /// Where in a pod's spec it stands.
    var list: Key {
      switch self {
      case .initial, .sidecar: .initContainers
      case .main: .containers
      case .ephemeral: .ephemeralContainers
      }
    }
    /// It helps the main ones: it comes before them.
    var isHelper: Bool { self == .initial || self == .sidecar }
  }

  package enum State: Sendable, Equatable {
    /// → pulling
    case waiting
    /// The image is being looked for, or that of a volume which it mounts. → pulling, starting, imageBackOff
    case pulling(volume: String? = nil)
    /// → pulling
    indirect case imageBackOff(until: Instant, reason: ImageFailure, message: String)
    /// → hooking, running, exited, startBackOff
    case starting(containerID: String)
    /// It could not be made. → pulling
    indirect case startBackOff(until: Instant, reason: StartFailure, message: String)
    /// It runs, and so does its postStart hook, until whose end nobody is told. → running, stopping, exited
    case hooking(containerID: String, startedAt: Instant)
    /// → stopping, exited
    case running(containerID: String, startedAt: Instant)
    /// `isTold`: it has been running for all to see. → exited
    case stopping(containerID: String, startedAt: Instant, isTold: Bool)
    /// → pulling (restart), or the end
    indirect case exited(containerID: String, ContainerExit)
  }

  package let name: String
  let rules: RestartRules
  package var state = State.waiting
  package let role: Role
  package var isStarted = false
  package var isReady = false
  /// It ends only to start again with other resources.
  var isResizing = false
  package var restartCount = 0
  /// How the run before this one ended.
  package var lastExit: LastExit?
  /// Of the image that it is made of.
  var imageID: String?
  package var probes: [ProbeKind: ProbeState] = [:]
  /// When its grace is over; set while its preStop hook runs.
  var stopDeadline: Instant?
  /// Doubles from 10 s to 5 min. Source: kubelet MaxContainerBackOff, v1.36.
  package var restartBackOff = BackOff()
  /// When an ended container may start again.
  var restartAt: Instant?
  package var imageBackOff = BackOff()
  /// The ID of the run whose back-off was recorded in an event.
  var recordedBackOff: String?

  /// Apart: it is large, and most containers have none.
  package final class LastExit: Sendable {
    package let containerID: String
    package let exit: ContainerExit
    package init(containerID: String, exit: ContainerExit) {
      self.containerID = containerID
      self.exit = exit
    }
  }

  init(_ spec: Container, of pod: PodSpec, _ role: Role) {
    name = spec.name ?? ""
    self.role = role
    rules = RestartRules(spec, of: pod)
  }

  /// What follows an end with this code while the pod goes on.
  func outcome(ofCode code: Int) -> RestartRules.Outcome {
    role == .sidecar || isResizing
      ? .restarts : role == .ephemeral ? .stays : rules.outcome(ofCode: code, isInitial: role == .initial)
  }

  var isRunning: Bool { if case .running = state { true } else { false } }
  /// Since when it serves whoever calls: as long as it runs, though it has been asked to end.
  var servingSince: (containerID: String, startedAt: Instant)? {
    switch state {
    case .running(let id, let startedAt), .stopping(let id, let startedAt, isTold: true): (id, startedAt)
    default: nil
    }
  }
  var isServing: Bool { servingSince != nil }
  /// nil unless it has ended.
  var exitCode: Int? { if case .exited(_, let exit) = state { exit.code } else { nil } }

  /// What comes after it in the pod's list may start.
  var letsOthersStart: Bool { role == .initial ? exitCode == 0 : isRunning && isStarted }

  /// The reason that its status gives while its image is missing.
  func shownFailure(_ reason: ImageFailure) -> String {
    reason == .pull && imageBackOff.failures > 1 ? "ImagePullBackOff" : reason.rawValue
  }

  /// Something of it is alive or about to be.
  var isLive: Bool {
    switch state {
    case .starting, .hooking, .running, .stopping: true
    default: false
    }
  }

  /// The status tells of the run that is on, or that was the last.
  var isTold: Bool {
    switch state {
    case .running, .exited: true
    case .stopping(_, _, let isTold): isTold
    default: false
    }
  }

  /// It has run, if only in vain, in this life of the pod.
  var hasBegun: Bool { isTold || lastExit != nil }

  var containerID: String? {
    switch state {
    case .starting(let id), .hooking(let id, _), .running(let id, _), .stopping(let id, _, _), .exited(let id, _): id
    default: nil
    }
  }

  /// Since when it has been running, unless it is being stopped.
  var runningSince: Instant? {
    switch state {
    case .hooking(_, let startedAt), .running(_, let startedAt): startedAt
    default: nil
    }
  }
}

/// Delays between tries: 10 s, 20 s, 40 s … 300 s.
package struct BackOff: Sendable, Equatable {
  package static let first = 10
  package static let longest = 300
  private(set) var failures: Int32 = 0

  /// Seconds to wait after one more failure.
  mutating func fail() -> Int {
    failures += 1
    return min(BackOff.longest, BackOff.first << min(failures - 1, 6))
  }

  /// Seconds from an exit to the next start: none after the first exit.
  mutating func restart() -> Int {
    defer { failures += 1 }
    return failures == 0 ? 0 : min(BackOff.longest, BackOff.first << min(failures - 1, 6))
  }

  mutating func reset() { failures = 0 }
}

/// Where one probe of a running container stands.
package struct ProbeState: Sendable, Equatable {
  var successes = 0
  var failures = 0
  var isUnderWay = false
  var next: Instant
}

/// A container's identifier: 64 hexadecimal digits that follow from the pod, the name and the attempt, so that a restarted daemon
/// recognises what it started.
package enum ContainerID {
  package static func make(podUID: String, name: String, attempt: Int) -> String {
    var hash = FNV.hash(podUID + "/" + name + "/" + String(attempt))
    return String(unsafeUninitializedCapacity: 64) { out in
      for place in 0..<4 {
        hash = hash &+ 0x9E37_79B9_7F4A_7C15
        var word = hash
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        for nibble in 0..<16 { out[place * 16 + nibble] = HexadecimalText.digit(word, at: nibble) }
      }
      return 64
    }
  }
}
