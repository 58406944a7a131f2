import CLinux
import Glibc
import Synchronization

/// A process that this one started, and the only way in which it starts any.
package struct ChildProcess: Sendable {
  package let pid: Int32
  private let pidfd: Descriptor
  private let isSession: Bool
  /// Children that somebody waits for, by their numbers.
  static let awaited = Mutex<Set<Int32>>([])

  private init(pid: Int32, pidfd: Descriptor, isSession: Bool) {
    (self.pid, self.pidfd, self.isSession) = (pid, pidfd, isSession)
    ChildProcess.awaited.withLock { _ = $0.insert(pid) }
  }

  private func forget() { ChildProcess.awaited.withLock { _ = $0.remove(pid) } }

  /// Which of our descriptors the child sees as which of its own.
  package struct Stream {
    var source: Descriptor
    var target: Int32
    package init(_ source: Descriptor, as target: Int32) {
      self.source = source
      self.target = target
    }
  }

  /// Starts `path`, which is told its name if it has another one. Streams 0, 1 and 2 that are not given are /dev/null. `environment` holds "NAME=value".
  package static func start(
    _ path: String, named name: String? = nil, _ arguments: [String],
    environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], directory: String? = nil,
    streams: [Stream] = [], session: Bool = false
  ) throws(SystemError) -> ChildProcess {
    var streams = streams
    let missing = [Int32(0), 1, 2].filter { number in !streams.contains { $0.target == number } }
    if !missing.isEmpty {
      let null = try Descriptor.open("/dev/null", O_RDWR)
      for number in missing { streams.append(Stream(null, as: number)) }
    }
    // A source that is itself a target of another stream would be overwritten: move all sources out of the way.
    let top = (streams.map(\.target).max() ?? 2) + 1
    var sources: [Int32] = []
    defer { for source in sources { close(source) } }
    for stream in streams {
      sources.append(try system("dup") { fcntl(stream.source.number, F_DUPFD_CLOEXEC, top) })
    }
    var pid: Int32 = -1
    let targets = streams.map(\.target)
    let code = withStrings([name ?? path] + arguments) { arguments in
      withStrings(environment) { environment in
        withOptionalString(directory) { directory in
          path.withCString { path in
            var request = linux_spawn(
              path: path, arguments: arguments, environment: environment, directory: directory, sources: nil, targets: nil,
              descriptors: sources.count, session: session ? 1 : 0)
            return sources.withUnsafeBufferPointer { sources in
              targets.withUnsafeBufferPointer { targets in
                request.sources = sources.baseAddress
                request.targets = targets.baseAddress
                return linux_spawn(&request, &pid)
              }
            }
          }
        }
      }
    }
    if code != 0 { throw SystemError("start", path, code: code) }
    let pidfd = linux_pidfd_open(pid)
    if pidfd < 0 {
      let code = errno
      kill(pid)
      waitpid(pid, nil, 0)
      throw SystemError("pidfd_open", path, code: code)
    }
    return ChildProcess(pid: pid, pidfd: Descriptor(owning: pidfd), isSession: session)
  }

  /// The code of a child that has ended, 128 + signal where a signal ended it; nil while it runs. To be asked until it is told.
  package func collect() -> Int32? {
    var code: Int32 = 0
    guard linux_collect(pidfd.number, &code) == 1 else { return nil }
    forget()
    return code
  }

  /// Keeps the thread waiting for the end.
  package func waitHere() -> Int32 {
    while !hasEnded(within: -1) {}
    return collect() ?? 255
  }

  /// Waits for the end, also in a cancelled task (so that no zombie stays); 128 + signal where a signal ended it.
  package func wait() async -> Int32 {
    var refusals = 0
    while true {
      var code: Int32 = 0
      let result = linux_collect(pidfd.number, &code)
      if result == 1 {
        forget()
        if isSession { await collectOrphans() }
        return code
      }
      if result < 0 {
        // An adopted process is ours only once its first parent, which may end later than it was told, is gone.
        refusals += 1
        if refusals > 200 {
          forget()
          return 255
        }
        if hasEnded { try? await Task.sleep(for: .milliseconds(5)) }
      }
      await Readiness.shared.waitUncancelled(for: pidfd)
    }
  }

  /// Collects what the session's leader left behind: crun forks processes that it does not wait for.
  private func collectOrphans() async {
    for pause in [1, 5, 50, 500] {
      var result: Int32
      repeat { result = linux_collect_group(pid) } while result == 1
      if result < 0 { return }
      await Task.detached { try? await Task.sleep(for: .milliseconds(pause)) }.value
    }
  }

  package var hasEnded: Bool { hasEnded(within: 0) }

  /// Keeps the thread waiting for so long; -1: until the end.
  package func hasEnded(within milliseconds: Int32) -> Bool {
    var status = pollfd(fd: pidfd.number, events: Int16(POLLIN), revents: 0)
    return poll(&status, 1, milliseconds) > 0
  }

  /// Returns once the process has ended, without collecting it.
  package func ended() async throws { try await Readiness.shared.wait(for: pidfd, writing: false) }

  package func send(_ signal: Int32) { _ = linux_pidfd_send(pidfd.number, signal) }

  /// Kills a process that is no child of ours, if it is there.
  package static func kill(_ pid: Int32) { Glibc.kill(pid, SIGKILL) }

  /// One that was killed may stay for a while, until somebody asks how it ended: that is none.
  package static func isRunning(_ pid: Int32) -> Bool {
    guard Glibc.kill(pid, 0) == 0 || errno == EPERM else { return false }
    // "7 (its name) S 1 …", and the name may hold anything.
    guard let line = try? Files.readText("/proc/\(pid)/stat"), let name = line.lastIndex(of: ")") else { return false }
    let state = line[name...].dropFirst(2).first
    return state != "Z" && state != "X"
  }

  /// Runs a program to its end while the thread waits, and gives what it writes, up to 1 MiB; nil where it cannot run or fails.
  package static func output(_ path: String, _ arguments: [String]) -> String? {
    guard let null = try? Descriptor.open("/dev/null", O_WRONLY),
      let (child, reader) = try? startCaptured(path, arguments, errors: null, environment: Environment.all)
    else { return nil }
    var all: [UInt8] = []
    while let bytes = try? reader.readNow(), !bytes.isEmpty { if all.count < 1 << 20 { all += bytes } }
    return child.waitHere() == 0 ? String(decoding: all, as: UTF8.self) : nil
  }

  /// Runs a program to its end and gives its exit code with what it wrote; output beyond 64 KiB is dropped. A program that
  /// takes longer than `timeout` is killed.
  package static func run(
    _ path: String, _ arguments: [String], input: [UInt8] = [], environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
    session: Bool = false,
    timeout: Duration = .seconds(60)
  ) async throws -> (code: Int32, output: String) {
    let (child, reader) = try startCaptured(path, arguments, input: input, environment: environment, session: session)
    reader.setNonBlocking()
    let alarm = Task.detached {
      try await Task.sleep(for: timeout)
      child.send(SIGKILL)
    }
    defer { alarm.cancel() }
    let output = (try? await reader.readToEnd(limit: 65_536)) ?? []
    let code = await child.wait()
    return (code, String(decoding: output, as: UTF8.self))
  }

  /// Starts a program that reads `input` to its end, and gives the blocking descriptor of what it writes, which ends with it: only
  /// the child keeps the writing end.
  /// - Parameter errors: where its standard error goes; nil: with its output.
  package static func startCaptured(
    _ path: String, _ arguments: [String], input: [UInt8] = [], errors: Descriptor? = nil, environment: [String],
    session: Bool = false
  ) throws(SystemError) -> (ChildProcess, Descriptor) {
    let (reader, writer) = try Descriptor.pipe()
    var streams = [Stream(writer, as: 1), Stream(errors ?? writer, as: 2)]
    if !input.isEmpty { streams.append(Stream(try Descriptor.memory(input), as: 0)) }
    return (try start(path, arguments, environment: environment, streams: streams, session: session), reader)
  }
}

/// Calls `body` with a null-terminated array of C strings.
private func withStrings<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}

private func withOptionalString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let string else { return body(nil) }
  return string.withCString { body($0) }
}

extension ChildProcess {
  /// A process that is there already: a stranger, or one that became our child when its parent ended (see `adoptOrphans`).
  package init(adopting pid: Int32) throws(SystemError) {
    self.init(
      pid: pid, pidfd: Descriptor(owning: try system("pidfd_open", "process \(pid)") { linux_pidfd_open(pid) }), isSession: false)
  }

  /// No program that is started from now on gets a descriptor from that number on.
  package static func keepFromPrograms(from number: UInt32) { _ = linux_keep_from_programs(number) }

  /// From now on orphans among our descendants become our children, not a foreign init's.
  package static func adoptOrphans() { _ = linux_adopt_orphans() }
}
