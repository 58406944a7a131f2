import Daemon
import EdgeLinux
import Glibc

enum DataDirectory {
  /// Where a cluster keeps its data unless it is told otherwise.
  static var standard: String {
    if let base = getenv("XDG_DATA_HOME") { return String(cString: base) + "/wavetank" }
    return (getenv("HOME").map { String(cString: $0) } ?? "/root") + "/.local/share/wavetank"
  }

  static func make(_ path: String) {
    var prefix = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      prefix += prefix.isEmpty && part.isEmpty ? "/" : (prefix.isEmpty || prefix == "/" ? "" : "/") + part
      if !prefix.isEmpty, mkdir(prefix, 0o700) != 0, errno != EEXIST {
        Standard.fail("cannot make the data directory \(path): \(String(cString: strerror(errno)))")
      }
    }
  }

  /// A new one in /tmp.
  static func temporary() -> String {
    var template = Array("/tmp/wavetank-practice.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { Standard.fail("cannot make a directory in /tmp: \(String(cString: strerror(errno)))") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func remove(_ path: String) { try? Files.remove(path) }
}
