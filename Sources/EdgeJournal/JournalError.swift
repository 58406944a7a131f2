/// Why the journal cannot be opened, read or written.
package enum JournalError: Error, Equatable, CustomStringConvertible {
  /// The directory or its files cannot be made, read or locked.
  case unusable(path: String, reason: String)
  /// The data was written by a Wavetank with another layout.
  case otherVersion(path: String, found: Int, supported: Int)
  /// Another process has the directory; `process` is 0 where its identifier cannot be read.
  case inUse(path: String, process: Int)
  /// The file is no journal of ours, or damaged.
  case corrupt(path: String, reason: String)
  /// More records wait for the disk than the journal accepts.
  case full(limit: Int)
  /// A write failed. Nothing of it was kept, and the journal takes no more, so that memory and disk cannot drift apart.
  case writeFailed(reason: String)
  case closed

  package var description: String {
    switch self {
    case .unusable(let path, let reason): "the data directory \(path) cannot be used: \(reason)"
    case .otherVersion(let path, let found, let supported):
      "the data directory \(path) has layout \(found), this program reads layout \(supported): "
        + "use the version of wavetank that made it, or another --data-dir"
    case .inUse(let path, let process):
      "the data directory \(path) is in use" + (process > 0 ? " by process \(process)" : "")
        + ": stop that cluster (wavetank down) or use another --data-dir"
    case .corrupt(let path, let reason):
      "\(path) is damaged or not made by wavetank (\(reason)): restore it from a copy, or start with another --data-dir"
    case .full(let limit): "more than \(limit) writes are waiting for the disk"
    case .writeFailed(let reason): "the journal cannot be written: \(reason)"
    case .closed: "the journal is closed"
    }
  }
}
