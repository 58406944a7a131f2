import Glibc
import Synchronization

/// Processes and directories of this run. Whatever ends the run, they go with it; only SIGKILL leaves them.
enum Belongings {
  private struct State {
    /// Running processes, and whether each was told to end: a second SIGTERM would keep a cluster from cleaning up.
    var processes: [pid_t: Bool] = [:]
    var directories: [String] = []
  }
  private static let state = Mutex(State())

  /// SIGINT, SIGTERM and SIGHUP end the run. Before the first thread is made: threads take over what is blocked.
  static func endOnSignals() {
    var signals = ending
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let thread = startThread { endOnSignal() }
    pthread_detach(thread)
  }

  private static var ending: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    return signals
  }

  private static func endOnSignal() {
    var signals = ending
    var number: Int32 = 0
    sigwait(&signals, &number)
    // Never let go of: nothing new is started while everything is being ended.
    state.withLock { state in
      endAll(&state)
      _exit(128 + number)
    }
  }

  static func makeDirectory() throws -> String {
    try state.withLock { state in
      var template = Array("/tmp/wavetank-bench.XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw BenchError("no directory in /tmp") }
      let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      state.directories.append(directory)
      return directory
    }
  }

  static func removeDirectory(_ directory: String) {
    run("/bin/rm", ["-rf", directory])
    state.withLock { $0.directories.removeAll { $0 == directory } }
  }

  /// Starts a program in a process group of its own, so that Ctrl-C reaches it once, through us.
  /// - Parameter output: a descriptor for its standard output and error, or nil for none.
  static func start(_ program: String, _ arguments: [String], output: Int32? = nil) throws -> pid_t {
    try state.withLock { state in
      let process = try spawn(program, arguments, output)
      state.processes[process] = false
      return process
    }
  }

  private static func spawn(_ program: String, _ arguments: [String], _ output: Int32?) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETPGROUP))
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, program, &actions, &attributes, &words, environ)
    guard code == 0 else { throw BenchError("\(program): \(String(cString: strerror(code)))") }
    return process
  }

  /// Runs a program to its end.
  /// - Returns: the exit code, -1 where it has none.
  @discardableResult
  static func run(_ program: String, _ arguments: [String]) -> Int32 {
    guard let process = try? start(program, arguments) else { return -1 }
    return wait(process)
  }

  @discardableResult
  static func wait(_ process: pid_t) -> Int32 {
    var status: Int32 = 0
    waitpid(process, &status, 0)
    state.withLock { $0.processes[process] = nil }
    return status & 0x7f == 0 ? status >> 8 & 0xff : -1
  }

  /// Whether the process is still there; it is forgotten once it is not.
  static func isRunning(_ process: pid_t) -> Bool {
    if waitpid(process, nil, WNOHANG) == 0 { return true }
    state.withLock { $0.processes[process] = nil }
    return false
  }

  static func end(_ process: pid_t) {
    state.withLock { state in
      guard state.processes[process] == false else { return }
      kill(process, SIGTERM)
      state.processes[process] = true
    }
    wait(process)
  }

  private static func endAll(_ state: inout State) {
    for (process, isTold) in state.processes where !isTold { kill(process, SIGTERM) }
    for process in state.processes.keys {
      var left = 1000
      var ended = siginfo_t()
      // The process may be collected by the thread that started it: this only looks.
      while waitid(P_PID, id_t(process), &ended, WEXITED | WNOHANG | WNOWAIT) == 0, ended.si_signo == 0 {
        left -= 1
        if left == 0 { kill(process, SIGKILL) }
        usleep(10_000)
      }
    }
    for directory in state.directories {
      guard let process = try? spawn("/bin/rm", ["-rf", directory], nil) else { continue }
      waitpid(process, nil, 0)
    }
  }
}
