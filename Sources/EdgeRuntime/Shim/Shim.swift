package import EdgeLinux
import Glibc
import Synchronization

/// The shim of a cluster's containers, as its daemon sees it: a process of its own, which outlives the daemon, or a part of this one.
package final class Shim: Sendable {
  private enum Place: Sendable {
    /// Where it listens.
    case process(directory: Descriptor)
    case here(ShimServer)
  }

  private static let socketName = "shim.sock"
  private let place: Place
  /// Its end tells the shim that this daemon has gone.
  private let greeting: ShimConnection?
  /// Nil: it is a part of this process.
  private let reference: ProcessReference?
  /// The process that has the mounts and what is held.
  package let process: Int32
  /// Tells it from all others that there have been: numbers of what one holds mean nothing to another.
  package let identity: String
  /// How time ran for the containers that it has already.
  package let speed: Double

  /// One in this process, whose containers end with it.
  /// - Parameter workers: threads in the mount namespace of the bundles
  package init(_ clock: ClusterClock, workers: WorkerThreads) {
    place = .here(ShimServer(clock, workers: workers))
    (greeting, reference, process, identity, speed) = (nil, nil, Machine.processID, "", clock.speed)
  }

  private init(at directory: String, process: Int32, _ clock: ClusterClock) async throws {
    let directory = try Descriptor.directory(directory)
    place = .process(directory: directory)
    let connection = try ShimConnection(try Shim.connect(in: directory))
    connection.send(ShimFrame(.greet, ObjectCoding.encode(ShimGreeting(clock))))
    guard let answer = try await connection.next(), answer.kind == .greet else { throw ShimError.gone }
    let greeting = try ObjectCoding.decode(ShimGreeting.self, from: answer.bytes)
    guard greeting.version == ShimGreeting.version else { throw ShimError.otherVersion }
    (self.greeting, reference, self.process, speed) = (connection, ProcessReference(process), process, greeting.clock.speed)
    identity = "\(process)-\(greeting.began)"
  }

  deinit { greeting?.close() }

  private static func recorded(in directory: String) -> Int32? {
    (try? Files.readText(directory + "/shim.pid")).flatMap { Int32($0.prefix { $0.isNumber }) }
  }

  /// The process that serves a directory, if it runs. It is asked nothing.
  package static func process(in directory: String) async -> Int32? {
    guard let process = recorded(in: directory), let place = try? Descriptor.directory(directory),
      (try? connect(in: place)) != nil
    else { return nil }
    return process
  }

  /// The one that serves a directory, if it runs.
  package static func running(in directory: String, _ clock: ClusterClock) async -> Shim? {
    guard let process = recorded(in: directory) else { return nil }
    return try? await within(.seconds(5), orThrow: ShimError.gone) {
      try await Shim(at: directory, process: process, clock)
    }
  }

  /// Starts one. The calling thread must be in the mount namespace of the bundles, and the shim keeps it.
  /// - Parameters:
  ///   - program: this one
  ///   - group: what ends with the cluster
  package static func start(program: String, in directory: String, group: Cgroup, _ clock: ClusterClock) async throws -> Shim {
    try group.create(memoryLimitBytes: nil, cpuLimitMillicores: nil, cpuRequestMillicores: 1000)
    let child = try process(program, in: directory)
    Task.detached { _ = await child.wait() }
    do {
      try group.add(child.pid)
      try Files.write(directory + "/shim.pid", "\(child.pid)\n", mode: 0o600)
      return try await within(.seconds(10), orThrow: ShimError.gone) {
        try await Shim(at: directory, process: child.pid, clock)
      }
    } catch {
      child.send(SIGKILL)
      throw error
    }
  }

  /// It alone has the socket afterwards: with it goes whoever waits there.
  private static func process(_ program: String, in directory: String) throws(SystemError) -> ChildProcess {
    let place = try Descriptor.directory(directory)
    try? Files.remove(directory + "/" + socketName)
    let listener = try Socket.listen(at: place.path + "/" + socketName, backlog: 1024)
    try Files.setMode(directory + "/" + socketName, 0o600)
    let errors = try Descriptor.open(directory + "/shim.log", O_WRONLY | O_CREAT | O_APPEND)
    return try ChildProcess.start(
      program, [ShimServer.word],
      streams: [.init(listener, as: ShimServer.listener), .init(errors, as: 2)], session: true)
  }

  private static func connect(in directory: Descriptor) throws(SystemError) -> Descriptor {
    try Socket.connect(at: directory.path + "/" + socketName)
  }

  func connect() throws(ShimError) -> ShimConnection {
    do throws(SystemError) {
      switch place {
      case .process(let directory): return try ShimConnection(try Shim.connect(in: directory))
      case .here(let server):
        let (own, other) = try Socket.pair()
        Task.detached { await server.serve(other) }
        return try ShimConnection(own)
      }
    } catch { throw [ECONNREFUSED, ECONNRESET, ENOENT, EPIPE].contains(error.code) ? .gone : .refused("\(error)") }
  }

  /// Returns once it has ended, or the task is cancelled; at once where it is no process of its own.
  package func ended() async { while (try? await greeting?.next()) != nil {} }

  /// Ends it, also where it was stopped. What it has started goes on.
  package func kill() { reference?.send(SIGKILL) }

  /// Whether it answers; nothing else is asked of it.
  package func answers(within limit: Duration) async -> Bool {
    (try? await EdgeLinux.within(limit, orThrow: ShimError.gone) { try await self.hold([]) }) != nil
  }

  /// Keeps files open beyond the end of this process, as `file(_:)` of the numbers that it gives.
  /// - Throws: `ShimError`
  package func hold(_ paths: [String]) async throws(ShimError) -> [Int32] {
    let connection = try connect()
    defer { connection.close() }
    connection.send(ShimFrame(.hold, lines: paths))
    guard let answer = try await connection.next() else { throw ShimError.gone }
    let numbers = answer.lines.compactMap { Int32($0) }
    guard answer.kind == .held, numbers.count == paths.count else { throw ShimError.refused(answer.text) }
    return numbers
  }

  package func release(_ numbers: [Int32]) {
    guard let connection = try? connect() else { return }
    connection.send(ShimFrame(.release, lines: numbers.map(String.init)))
  }

  /// The name of what is held.
  package func file(_ number: Int32) -> String { "/proc/\(process)/fd/\(number)" }
}
