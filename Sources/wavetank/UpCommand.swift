import CLinux
import Daemon
import Glibc

/// wavetank up: runs a cluster until Ctrl-C or `wavetank down`.
enum UpCommand {
  struct Options: CommandOptions {
    let nodes = Option.wholeNumber("--nodes", "N", 1...50, default: 1, "how many nodes it has")
    let speed = Option.number("--speed", "N", 0.01...10_000, default: 1, "how many times as fast as the wall's its time is")
    let port = Option.wholeNumber("--port", "P", 0...65_535, default: 6443, "the port of its API server; 0 is any that is free")
    let dataDirectory = Option.dataDirectory
    let kubeconfig = Option.value(
      "--kubeconfig", "F", .file, "where the kubeconfig is written", default: "kubeconfig in the data directory")
    let detach = Option.flag("--detach", "leaves it running in the background, once it is up")
    let withoutContainers = Option.flag("--without-containers", "runs no pods; needs no root")

    var all: [any OptionDescription] { [nodes, speed, port, dataDirectory, kubeconfig, detach, withoutContainers] }
  }

  static let command = Command(
    "up", "runs a cluster until Ctrl-C or 'wavetank down'",
    details: ["What the cluster has answered is kept in its data directory: the next 'up' brings it back."],
    examples: ["up --nodes 3 --speed 60 --detach": "three nodes, a minute of whose time takes a second; in the background"],
    options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) async {
    let directory = invocation.dataDirectory
    var configuration = ClusterConfiguration(
      dataDirectory: directory, kubeconfig: invocation.kubeconfig ?? directory + "/kubeconfig")
    configuration.nodes = invocation.nodes
    configuration.speed = invocation.speed
    configuration.port = UInt16(invocation.port)
    configuration.runsContainers = !invocation.withoutContainers
    DataDirectory.make(directory)
    if invocation.detach { detach(invocation, configuration.kubeconfig) }
    let stopSignal = StopSignal()
    let cluster: Cluster
    do throws(ClusterError) { cluster = try await Cluster(configuration) } catch { Standard.fail("\(error)") }
    ProcessFile.write(directory)
    Standard.output(
      "The cluster is up at https://\(cluster.address) with \(configuration.nodes) node(s), time runs at \(configuration.speed)x."
    )
    Standard.output("export KUBECONFIG=\(configuration.kubeconfig)")
    await stopSignal.wait()
    Standard.output("Stopping.")
    await cluster.stop()
    ProcessFile.remove(directory)
    exit(0)
  }

  /// Starts the same command again without a terminal, waits until the kubeconfig is there, and leaves. What belongs to a cluster that
  /// runs on the directory already is not touched: only its lock, which the other process asks for, says whether there is one.
  private static func detach(_ invocation: Invocation<Options>, _ kubeconfig: String) -> Never {
    let directory = invocation.dataDirectory
    let log = directory + "/wavetank.log"
    if ProcessFile.read(directory) == nil { unlink(log) }
    let written = open(log, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
    lseek(written, 0, Int32(SEEK_END))
    let words = ["/proc/self/exe", "up"] + invocation.words(without: \.detach)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Who reads what this command was given to write to must not wait for the cluster's end.
    _ = linux_keep_from_programs(3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setflags(&attributes, Int16(0x80))  // POSIX_SPAWN_SETSID
    var strings = words.map { strdup($0) } + [nil]
    var process: pid_t = 0
    let result = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, &strings, environ)
    guard result == 0 else { Standard.fail("cannot start in the background: \(String(cString: strerror(result)))") }
    for _ in 0..<1000 {
      if ProcessFile.read(directory) == process {
        Standard.output("export KUBECONFIG=\(kubeconfig)")
        exit(0)
      }
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) == process { Standard.fail(ended(written, log)) }
      usleep(10_000)
    }
    Standard.fail("the cluster did not come up within 10 s; see \(log)")
  }

  /// Why the other process ended, in its own words: the last line that it wrote.
  private static func ended(_ log: Int32, _ path: String) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = max(0, Glibc.read(log, &buffer, buffer.count))
    let lines = String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n")
    guard let last = lines.last, last.hasPrefix(Standard.prefix) else { return "the cluster did not start; see \(path)" }
    return String(last.dropFirst(Standard.prefix.count))
  }
}

/// The running cluster's process number, in its data directory.
enum ProcessFile {
  static func path(_ directory: String) -> String { directory + "/wavetank.pid" }

  static func write(_ directory: String) {
    let descriptor = open(path(directory), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    let text = Array("\(getpid())\n".utf8)
    _ = Glibc.write(descriptor, text, text.count)
    close(descriptor)
  }

  static func remove(_ directory: String) { unlink(path(directory)) }

  /// The process, if it is alive.
  static func read(_ directory: String) -> pid_t? {
    let descriptor = open(path(directory), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    let digits = buffer.prefix(max(0, count)).prefix { $0 >= 48 && $0 <= 57 }
    guard let process = pid_t(String(decoding: digits, as: UTF8.self)), kill(process, 0) == 0 else { return nil }
    return process
  }
}
