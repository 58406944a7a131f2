import Glibc

/// Keeps two processes from writing one directory. The kernel frees the lock when its holder ends, however it ends.
package struct DirectoryLock: ~Copyable {
  package enum Failure: Error {
    /// By which process; 0 where that cannot be read.
    case inUse(process: Int)
    case unusable(SystemError)
  }

  private let file: Descriptor

  package init(_ directory: String) throws(Failure) {
    do throws(SystemError) {
      let file = try Descriptor.open(directory + "/lock", O_RDWR | O_CREAT)
      try system("lock", directory) { flock(file.number, LOCK_EX | LOCK_NB) }
      try system("truncate", directory) { ftruncate(file.number, 0) }
      try file.writeAll(Array("\(getpid())\n".utf8))
      self.file = file
    } catch {
      guard error.call == "lock", error.code == EWOULDBLOCK else { throw .unusable(error) }
      let holder = (try? Files.readText(directory + "/lock", limit: 16)) ?? ""
      throw .inUse(process: Int(holder.prefix { $0.isNumber }) ?? 0)
    }
  }

  /// A child that is between fork and exec holds a copy of the descriptor: closing ours alone would not free the lock.
  deinit { flock(file.number, LOCK_UN) }
}
