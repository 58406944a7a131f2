import Glibc

/// A program that was started with its output in a pipe.
struct Subprocess {
  let process: pid_t
  /// The reading end of its standard output; the owner closes it.
  let output: Int32
  /// Where its standard error goes.
  private let errors: String

  /// The first file of that name in PATH that may be run.
  static func find(_ name: String, path: String? = nil) -> String? {
    let path = path ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// - Parameter errors: a file for what it says on standard error.
  static func start(_ program: String, _ arguments: [String], errors: String) throws(ImageError) -> Subprocess {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .kernel(program) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let code = posix_spawn(&process, program, &actions, nil, &words, environ)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw .storage(path: program, reason: String(cString: strerror(code)))
    }
    return Subprocess(process: process, output: ends[0], errors: errors)
  }

  /// Waits for its end. The exit code (128 + signal for a killed one) and what it said on standard error.
  func wait() -> (code: Int, errors: String) {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = Int(status & 0x7F)
    let text = (try? HostFiles.read(errors)).map { String(decoding: $0.prefix(4096), as: UTF8.self) } ?? ""
    let trimmed = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    return (signal == 0 ? Int(status >> 8 & 0xFF) : 128 + signal, trimmed)
  }

  /// Runs a program to its end; nil where it cannot run or fails.
  static func lines(_ program: String, _ arguments: [String]) -> [String]? {
    guard let started = try? start(program, arguments, errors: "/dev/null") else { return nil }
    defer { close(started.output) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(started.output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      if bytes.count < 1 << 20 { bytes.append(contentsOf: buffer[..<count]) }
    }
    guard started.wait().code == 0 else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
