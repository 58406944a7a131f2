import EdgeLinux
import Synchronization

/// Takes in a body piece by piece, into memory or a file, up to a limit. Where it broke off it can go on.
final class Collector: Sendable {
  struct TooMuch: Error, CustomStringConvertible {
    let limit: Int
    var description: String { "more came than the \(limit) bytes that were announced or are allowed" }
  }

  private struct State {
    var bytes: [UInt8] = []
    var count = 0
  }

  private let limit: Int
  private let file: Descriptor?
  private let progress: PullProgress?
  private let state = Mutex(State())

  /// - Parameter progress: of the pull that a file belongs to.
  init(limit: Int, file: Descriptor? = nil, progress: PullProgress? = nil) {
    self.limit = limit
    self.file = file
    self.progress = progress
  }

  var bytes: [UInt8] { state.withLock { $0.bytes } }
  var count: Int { state.withLock { $0.count } }

  /// What came so far does not count.
  func restart() throws {
    try state.withLock { state in
      try file?.truncate()
      progress?.drop(state.count)
      state = State()
    }
  }

  func add(_ piece: [UInt8]) throws {
    try state.withLock { state in
      state.count += piece.count
      guard state.count <= limit else { throw TooMuch(limit: limit) }
      progress?.receive(piece.count)
      guard let file else {
        state.bytes += piece
        return
      }
      try file.writeAll(piece)
    }
  }
}
