import Synchronization

/// How far one image has been fetched.
package final class PullProgress: Sendable {
  private struct State {
    var layers = 0
    var layersDone = 0
    var bytes: Int64 = 0
    var bytesDone: Int64 = 0
    /// All that came, also what had to be fetched again.
    var received: Int64 = 0
    var isUnpacking = false
  }

  private let state = Mutex(State())

  package init() {}

  /// What is to come; layers that are here already are none of it.
  func expect(layers: Int, bytes: Int64) {
    state.withLock { ($0.layers, $0.bytes) = (layers, bytes) }
  }

  func receive(_ count: Int) {
    state.withLock { state in
      state.bytesDone += Int64(count)
      state.received += Int64(count)
    }
  }

  /// What came of a layer does not count any more.
  func drop(_ count: Int) { state.withLock { $0.bytesDone -= Int64(count) } }

  func finishLayer() { state.withLock { $0.layersDone += 1 } }

  func unpack() { state.withLock { $0.isUnpacking = true } }

  var received: Int64 { state.withLock { $0.received } }

  /// "1 of 3 layers, 12 of 40 MB"
  package var line: String {
    state.withLock { state in
      if state.isUnpacking { return "unpacking" }
      if state.layers == 0 { return "asking for its manifest" }
      return
        "\(state.layersDone) of \(state.layers) layers, \(state.bytesDone / 1_000_000) of \((state.bytes + 999_999) / 1_000_000) MB"
    }
  }
}
