import Glibc

func kernelReason() -> String { String(cString: strerror(errno)) }

/// Whole files and directories of this machine.
enum HostFiles {
  static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(ImageError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, mode) != 0, errno != EEXIST { throw .kernel(made) }
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func size(_ path: String) -> Int64 {
    var status = stat()
    return lstat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Links followed.
  static func resolvedSize(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  static func copy(_ source: String, to path: String) throws(ImageError) {
    let from = open(source, O_RDONLY | O_CLOEXEC)
    guard from >= 0 else { throw .kernel(source) }
    defer { close(from) }
    let to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard to >= 0 else { throw .kernel(path) }
    defer { close(to) }
    while true {
      let count = sendfile(to, from, nil, 1 << 30)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw .kernel(path) }
      if count == 0 { return }
    }
  }

  static func read(_ path: String, limit: Int = 16 << 20) throws(ImageError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .kernel(path) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0 { throw .kernel(path) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      if bytes.count > limit { throw .storage(path: path, reason: "larger than \(limit) bytes") }
    }
  }

  /// Whoever reads `path` sees the old bytes or the new, also after a loss of power.
  static func write(_ bytes: [UInt8], to path: String) throws(ImageError) {
    let next = path + ".next"
    let file = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .kernel(next) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR {
        let error = ImageError.kernel(next)
        close(file)
        throw error
      }
      done += max(count, 0)
    }
    let synced = fsync(file) == 0
    close(file)
    guard synced, rename(next, path) == 0 else { throw .kernel(path) }
  }

  /// Removes a file or a whole tree, without following links. What is not there is no error.
  static func remove(_ path: String) { removeEntry(AT_FDCWD, path) }

  static func removeEntry(_ directory: Int32, _ name: String) {
    if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
    let child = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard child >= 0 else { return }
    for entry in names(in: child) { removeEntry(child, entry) }
    close(child)
    unlinkat(directory, name, AT_REMOVEDIR)
  }

  static func names(_ path: String) -> [String] {
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return [] }
    defer { close(directory) }
    return names(in: directory)
  }

  private static func names(in directory: Int32) -> [String] {
    // The stream closes its descriptor; the caller's stays open.
    let own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0, let stream = fdopendir(own) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
