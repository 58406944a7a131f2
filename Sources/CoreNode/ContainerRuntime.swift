package import CoreObjects

/// One container of a pod as its node runs it.
package struct ContainerRuntime: Sendable {
  package enum Role: Sendable { case initial, sidecar, main }

  package enum State: Sendable, Equatable {
    /// → pulling
    case waiting
    /// The image is being looked for. → starting, imageBackOff
    case pulling
    /// → pulling
    case imageBackOff(until: Instant, reason: ImageFailure, message: String)
    /// → running, startBackOff
    case starting(containerID: String)
    /// It could not be made. → pulling
    case startBackOff(until: Instant, reason: StartFailure, message: String)
    /// → stopping, exited
    case running(containerID: String, startedAt: Instant)
    /// → exited
    case stopping(containerID: String, startedAt: Instant)
    /// → pulling (restart), or the end
    case exited(containerID: String, ContainerExit)
  }

  package let name: String
  package let role: Role
  package var state = State.waiting
  package var restartCount = 0
  /// How the run before this one ended.
  package var lastExit: LastExit?
  package var image: ImageFacts?
  /// Doubles from 10 s to 5 min. Source: kubelet MaxContainerBackOff, v1.36.
  package var restartBackOff = BackOff()
  package var imageBackOff = BackOff()
  package var isStarted = false
  package var isReady = false
  package var probes: [ProbeKind: ProbeState] = [:]
  package var isHookRunning = false
  /// When an ended container may start again.
  var restartAt: Instant?
  /// The ID of the run whose back-off was recorded in an event.
  var recordedBackOff: String?

  package struct LastExit: Sendable, Equatable {
    package var containerID: String
    package var exit: ContainerExit
  }

  init(name: String, role: Role) {
    self.name = name
    self.role = role
  }

  var isRunning: Bool { if case .running = state { true } else { false } }
  /// nil unless it has ended.
  var exitCode: Int? { if case .exited(_, let exit) = state { exit.code } else { nil } }

  /// Something of it is alive or about to be.
  var isLive: Bool {
    switch state {
    case .starting, .running, .stopping: true
    default: false
    }
  }

  /// The runtime has made it.
  var isCreated: Bool {
    switch state {
    case .running, .stopping, .exited: true
    default: false
    }
  }

  var containerID: String? {
    switch state {
    case .starting(let id), .running(let id, _), .stopping(let id, _), .exited(let id, _): id
    default: nil
    }
  }
}

/// Delays between tries: 10 s, 20 s, 40 s … 300 s.
package struct BackOff: Sendable, Equatable {
  package static let first = 10
  package static let longest = 300
  private(set) var failures = 0

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
