import EdgeLinux
import Glibc
import Synchronization

/// A blob on its way in, as far as it has come.
final class RegistryUpload: Sendable {
  private struct State: ~Copyable {
    var digest = Digest()
    var count = 0
    var isBusy = false
    var lastUsed = ContinuousClock.now
  }

  let path: String
  private let file: Descriptor
  private let limit: Int64
  private let state: Mutex<State>

  init(_ path: String, limit: Int64) throws(SystemError) {
    self.path = path
    self.limit = limit
    file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    state = Mutex(State())
  }

  var count: Int { state.withLock { $0.count } }
  /// Since when nobody has sent anything; nil while somebody does.
  var idleSince: ContinuousClock.Instant? { state.withLock { $0.isBusy ? nil : $0.lastUsed } }

  /// One client writes at a time. False while another one does.
  func begin() -> Bool {
    state.withLock { state in
      defer { state.isBusy = true }
      return !state.isBusy
    }
  }

  func end() {
    state.withLock { state in
      state.isBusy = false
      state.lastUsed = .now
    }
  }

  func write(_ bytes: [UInt8]) throws(OwnRegistryError) {
    let problem: OwnRegistryError? = state.withLock { state in
      guard Int64(state.count + bytes.count) <= limit else { return .sizeInvalid("a blob has at most \(limit) bytes") }
      do throws(SystemError) { try file.writeAll(bytes) } catch { return OwnRegistryError(error) }
      bytes.withUnsafeBytes { state.digest.update($0) }
      state.count += bytes.count
      return nil
    }
    if let problem { throw problem }
  }

  /// Of all that came; nothing more may come.
  func finish() -> String {
    state.withLock { state in
      var last = Digest()
      swap(&last, &state.digest)
      return last.finish()
    }
  }
}
