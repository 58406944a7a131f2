import EdgeLinux

enum DataDirectory {
  /// Where a cluster keeps its data without --data-dir.
  static var standard: String {
    if let base = Environment["XDG_DATA_HOME"] { return base + "/wavetank" }
    return (Environment["HOME"] ?? "/root") + "/.local/share/wavetank"
  }

  static func make(_ path: String) {
    do throws(SystemError) { try Files.makeDirectories(path, mode: 0o700) } catch {
      Standard.fail("cannot make the data directory \(path): \(error.reason)")
    }
  }

  /// A new one in /tmp.
  static func temporary() -> String {
    do throws(SystemError) { return try Files.makeTemporaryDirectory("/tmp/wavetank-cluster.") } catch {
      Standard.fail("cannot make a directory in /tmp: \(error.reason)")
    }
  }

  static func remove(_ path: String) { try? Files.remove(path) }
}
