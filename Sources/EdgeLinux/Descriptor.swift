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
    try file.writeAll(content)
    try file.seek(to: 0)
    return file
  }

  /// A program in memory that nobody can change; nil where this machine does not run any from there.
  package static func sealedProgram(_ path: String) -> Descriptor? {
    guard let source = try? open(path, O_RDONLY),
      let file = try? Descriptor(owning: system("memfd_create", "", linux_memory_file)),
      (try? file.copyContent(of: source)) != nil, linux_seal(file.number) == 0, access(file.path, X_OK) == 0
    else { return nil }
    return file
  }

  /// Names what it refers to for other processes, as long as it is open.
  package var path: String { "/proc/\(getpid())/fd/\(number)" }

  package func duplicate() throws(SystemError) -> Descriptor {
    Descriptor(owning: try system("dup") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
  }

  package func setNonBlocking(_ isNonBlocking: Bool = true) {
    let flags = fcntl(number, F_GETFL)
    _ = fcntl(number, F_SETFL, isNonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK)
  }

  package func seek(to offset: Int) throws(SystemError) { try system("seek") { lseek(number, offset, SEEK_SET) } }

  /// Sets a terminal's size.
  package func setWindow(columns: UInt16, rows: UInt16) { _ = linux_set_window(number, columns, rows) }

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

  /// Writes all bytes to a file or another blocking descriptor.
  package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
    var start = 0
    while start < bytes.count { start += try writeNow(bytes, from: start) ?? 0 }
  }

  package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = try system("write") { Glibc.write(number, rest.baseAddress, rest.count) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Empties a file, which is written from its beginning again.
  package func truncate() throws(SystemError) {
    try system("truncate") { ftruncate(number, 0) }
    try seek(to: 0)
  }

  /// Fills a buffer from a blocking descriptor; 0 at its end.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try system("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
  }

  /// The first bytes of a file; the place to go on reading stays.
  package func peek(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in filled = max(0, pread(number, buffer.baseAddress, count, 0)) }
  }

  /// The file's content as memory.
  package func withContent<Value>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Value) throws(SystemError) -> Value {
    if count == 0 { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, number, 0), start != MAP_FAILED else { throw SystemError("mmap") }
    defer { munmap(start, count) }
    return body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// From now on writing to a reader that is gone is an error and no signal.
  package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

  /// Writes to a standard stream, as much as it takes at once.
  package static func write(_ text: String, to number: Int32) {
    var text = text
    text.withUTF8 { _ = Glibc.write(number, $0.baseAddress, $0.count) }
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
