import CZlib
import CoreObjects
import EdgeLinux
import Glibc

/// The files that a container's log has filled, beside the one that is written: "0.log.20261129-201500", the older ones packed as
/// "….gz". Source: containerLogManager, pkg/kubelet/logs, v1.36.
package struct RotatedLogs: Sendable {
  package struct Limits: Sendable {
    /// Bytes of a file.
    package var bytes = 10 << 20
    /// The one that is written among them.
    package var files = 5

    package init() {}
  }

  private static let packed = ".gz"
  private static let unfinished = ".tmp"
  private let directory: String
  private let name: String

  /// - Parameter path: of the file that is written
  package init(of path: String) {
    let slash = path.lastIndex(of: "/")
    directory = slash.map { String(path[..<$0]) } ?? "."
    name = slash.map { String(path[$0...].dropFirst()) } ?? path
  }

  /// What a file that is full at a moment is called from then on: one that is full in the same second comes a second later.
  func path(fullAt moment: Instant, after last: Instant?) -> (path: String, moment: Instant) {
    let moment = last.map { max(moment, $0 + .seconds(1)) } ?? moment
    let digits = moment.rfc3339.prefix(19).filter(\.isNumber)
    return (directory + "/" + name + "." + digits.prefix(8) + "-" + digits.dropFirst(8), moment)
  }

  /// Names, the oldest first.
  private var all: [String] {
    ((try? Files.list(directory)) ?? []).filter { $0.hasPrefix(name + ".") && !$0.hasSuffix(RotatedLogs.unfinished) }.sorted()
  }

  /// The files that can be read as they are, the oldest first; the one that is written is the last.
  package var readable: [String] {
    (all.filter { !$0.hasSuffix(RotatedLogs.packed) } + [name]).map { directory + "/" + $0 }
  }

  /// Takes away what is too much, and packs all but the newest.
  func tidy(keeping limits: Limits) {
    var all = all
    while all.count > max(0, limits.files - 1) { try? Files.remove(directory + "/" + all.removeFirst()) }
    for file in all.dropLast() where !file.hasSuffix(RotatedLogs.packed) { RotatedLogs.pack(directory + "/" + file) }
  }

  /// What cannot be packed stays as it is.
  private static func pack(_ path: String) {
    let made = path + packed + unfinished
    guard let source = try? Descriptor.open(path, O_RDONLY), let target = gzopen(made, "wb") else { return }
    var isWhole = true
    while isWhole {
      guard let bytes = try? source.readNow(), !bytes.isEmpty else { break }
      isWhole = bytes.withUnsafeBytes { Int(gzwrite(target, $0.baseAddress, UInt32($0.count))) == bytes.count }
    }
    guard gzclose(target) == Z_OK, isWhole, (try? Files.rename(made, to: path + packed)) != nil else {
      try? Files.remove(made)
      return
    }
    try? Files.remove(path)
  }
}
