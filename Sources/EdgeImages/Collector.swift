import EdgeLinux
import Synchronization

/// Takes in a body piece by piece, into memory or a file, up to a limit.
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
  private let state = Mutex(State())

  init(limit: Int, file: Descriptor? = nil) {
    self.limit = limit
    self.file = file
  }

  var bytes: [UInt8] { state.withLock { $0.bytes } }

  func add(_ piece: [UInt8]) throws {
    try state.withLock { state in
      state.count += piece.count
      guard state.count <= limit else { throw TooMuch(limit: limit) }
      guard let file else {
        state.bytes += piece
        return
      }
      var start = 0
      while start < piece.count { start += try file.writeNow(piece, from: start) ?? 0 }
    }
  }
}
