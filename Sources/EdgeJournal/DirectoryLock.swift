import Glibc

/// Keeps two processes from writing one data directory. The kernel frees the lock when its holder ends, however it ends.
struct DirectoryLock: ~Copyable {
  private let descriptor: Int32

  /// - Throws: `inUse` with the holder's process, or `unusable`.
  init(directory: String) throws(JournalError) {
    let path = directory + "/lock"
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unusable(path: directory, reason: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      let holder = DirectoryLock.holder(descriptor)
      Glibc.close(descriptor)
      if reason == EWOULDBLOCK { throw .inUse(path: directory, process: holder) }
      throw .unusable(path: directory, reason: String(cString: strerror(reason)))
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
      let reason = errno
      Glibc.close(descriptor)
      throw .unusable(path: directory, reason: String(cString: strerror(reason)))
    }
    self.descriptor = descriptor
  }

  deinit {
    // A child that is between fork and exec holds a copy of the descriptor: closing ours alone would not free the lock.
    flock(descriptor, LOCK_UN)
    Glibc.close(descriptor)
  }

  private static func holder(_ descriptor: Int32) -> Int {
    var text = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &text, text.count, 0)
    guard count > 0 else { return 0 }
    let digits = text[..<count].prefix { $0 >= 0x30 && $0 <= 0x39 }
    return Int(String(decoding: digits, as: UTF8.self)) ?? 0
  }
}
