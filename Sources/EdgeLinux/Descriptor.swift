import CLinux
import Glibc

/// An open file descriptor that closes itself with its last owner.
package final class Descriptor: Sendable {
  package let number: Int32

  /// Takes ownership.
  package init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  package static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) })
  }

  /// A pipe, both ends blocking: (reading end, writing end).
  package static func pipe() throws(SystemError) -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    try system("pipe") { linux_pipe(&ends) }
    return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
  }

  /// A file without a name that holds `content`, to be read from its beginning.
  package static func memory(_ content: [UInt8]) throws(SystemError) -> Descriptor {
    let file = Descriptor(owning: try system("memfd_create") { linux_memory_file() })
    var start = 0
    while start < content.count { start += try file.writeNow(content, from: start) ?? 0 }
    try system("seek") { lseek(file.number, 0, SEEK_SET) }
    return file
  }

  package func duplicate() throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("dup") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
  }

  package func setNonBlocking() {
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
  }

  /// Reads what is there, at most `count` bytes, without waiting on a non-blocking descriptor. Empty at the end; nil: nothing yet.
  package func readNow(_ count: Int = 65_536) throws(SystemError) -> [UInt8]? {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var result: Int
      repeat { result = Glibc.read(number, buffer.baseAddress!, count) } while result < 0 && errno == EINTR
      if result < 0 { failure = errno }
      filled = max(0, result)
    }
    if failure == EAGAIN { return nil }
    if failure == EIO { return [] }  // A terminal whose last user has gone.
    if failure != 0 { throw SystemError("read", code: failure) }
    return bytes
  }

  /// Writes some of the bytes from `start`; nil: none can be taken now.
  package func writeNow(_ bytes: [UInt8], from start: Int) throws(SystemError) -> Int? {
    let result = bytes.withUnsafeBytes { buffer in
      var result: Int
      repeat {
        result = Glibc.write(number, buffer.baseAddress! + start, buffer.count - start)
      } while result < 0 && errno == EINTR
      return result
    }
    if result >= 0 { return result }
    if errno == EAGAIN { return nil }
    throw SystemError("write", code: errno)
  }

  /// Reads from a non-blocking descriptor; empty at its end.
  package func read(_ count: Int = 65_536) async throws -> [UInt8] {
    while true {
      if let bytes = try readNow(count) { return bytes }
      try await Readiness.shared.wait(for: self, writing: false)
    }
  }

  /// Writes all bytes to a non-blocking descriptor.
  package func write(_ bytes: [UInt8]) async throws {
    var start = 0
    while start < bytes.count {
      if let count = try writeNow(bytes, from: start) {
        start += count
      } else {
        try await Readiness.shared.wait(for: self, writing: true)
      }
    }
  }

  /// All that comes until the end, from a blocking or non-blocking descriptor; what is beyond `limit` is read and dropped.
  package func readToEnd(limit: Int) async throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let bytes = try await read()
      if bytes.isEmpty { return all }
      if all.count < limit { all += bytes.prefix(limit - all.count) }
    }
  }
}
