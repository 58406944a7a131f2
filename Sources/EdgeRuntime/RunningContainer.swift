import CoreNode
package import CoreObjects
import EdgeLinux
import Synchronization

/// A container whose first process was started: the daemon's side of what its shim has.
package final class RunningContainer: Sendable {
  package let bundle: ContainerBundle
  package let startedAt: Instant
  package let logPath: String
  let crun: Crun
  private let process: ProcessReference
  let connection: ShimConnection
  let audience = ContainerAudience()
  private let ending = Mutex<Task<ShimExit?, Never>?>(nil)

  package var id: String { bundle.spec.containerID }
  package var podUID: String { bundle.spec.podUID }
  /// The namespace of its processes, as a file that is there while it runs.
  var processes: String { "/proc/\(process.pid)/ns/pid" }

  private init(_ bundle: ContainerBundle, _ start: ShimStart, logPath: String, crun: Crun, _ connection: ShimConnection) {
    self.bundle = bundle
    startedAt = Instant(nanoseconds: start.startedAt)
    self.logPath = logPath
    self.crun = crun
    self.connection = connection
    // It may have ended by now.
    process = ProcessReference(start.process)
    let (exits, continuation) = AsyncStream<ShimExit>.makeStream()
    Task.detached { [audience] in await RunningContainer.listen(to: connection, audience, continuation) }
    ending.withLock { $0 = Task.detached { await exits.first { _ in true } } }
  }

  /// Starts the container.
  /// - Throws: `ContainerError`; nothing runs then, the bundle is left to the caller. `ShimError` where the shim has ended over it: what
  ///   it had begun is there until `clear`.
  package static func start(_ bundle: ContainerBundle, crun: Crun, logPath: String, shim: Shim) async throws -> RunningContainer {
    let order = ShimOrder(
      id: bundle.spec.containerID, bundle: bundle.directory, state: crun.state, log: logPath, stdin: bundle.spec.stdin,
      stdinOnce: bundle.spec.stdinOnce, terminal: bundle.spec.terminal,
      group: bundle.processes != nil || bundle.sandbox.spec.processes == .ofHost ? bundle.cgroup.path : nil)
    let container = try await ask(ShimFrame(.start, ObjectCoding.encode(order)), bundle, crun, logPath, shim)
    SeccompRules.keepFilter(
      crun.seccompFilter(of: bundle.spec.containerID), for: bundle.spec.security, capabilities: bundle.capabilities)
    return container
  }

  /// One that was started for an earlier daemon. It may have ended since: `end` says how.
  /// - Throws: `ContainerError` where the shim does not have it, `ShimError`
  package static func adopt(_ bundle: ContainerBundle, crun: Crun, logPath: String, shim: Shim) async throws -> RunningContainer {
    try await ask(ShimFrame(.adopt, Array(bundle.spec.containerID.utf8)), bundle, crun, logPath, shim)
  }

  private static func ask(
    _ frame: ShimFrame, _ bundle: ContainerBundle, _ crun: Crun, _ logPath: String, _ shim: Shim
  ) async throws -> RunningContainer {
    let connection = try shim.connect()
    connection.send(frame)
    guard let answer = try await connection.next() else { throw ShimError.gone }
    guard answer.kind == .started else {
      connection.close()
      throw ContainerError.start(answer.text)
    }
    let start = try ObjectCoding.decode(ShimStart.self, from: answer.bytes)
    return RunningContainer(bundle, start, logPath: logPath, crun: crun, connection)
  }

  /// Takes away what a shim that ended over it had begun of a container.
  package static func clear(_ bundle: ContainerBundle, crun: Crun) async {
    bundle.cgroup.kill()
    await crun.delete(bundle.spec.containerID)
    try? await bundle.cgroup.remove()
  }

  /// Passes on what the container writes and how it ends, until it is forgotten: also to who follows only when it has ended.
  private static func listen(
    to connection: ShimConnection, _ audience: ContainerAudience, _ exits: AsyncStream<ShimExit>.Continuation
  ) async {
    while let frame = try? await connection.next() {
      switch frame.kind {
      case .output: audience.report(frame.bytes, isError: false)
      case .errors: audience.report(frame.bytes, isError: true)
      case .exited:
        audience.exit()
        if let exit = try? ObjectCoding.decode(ShimExit.self, from: frame.bytes) { exits.yield(exit) }
      default: break
      }
    }
    audience.end()
    exits.finish()
  }

  /// Whether its first process is there, of which the end is told later.
  package var isAlive: Bool { !process.hasEnded }

  package func send(_ signal: Int32) { process.send(signal) }

  /// Its end is taken note of for good: the shim need not know it any longer.
  package func forget() { connection.send(ShimFrame(.forget)) }

  /// How a container ended.
  package struct End: Sendable, Equatable {
    package var code: Int
    /// Nil: nobody saw it.
    package var at: Instant?
    package var outOfMemory: Bool
    package var message: String
  }

  /// Waits for the end, then takes the container apart except for its directory. To be called once.
  package func end() async -> End {
    let exit = await ending.withLock { $0 }?.value
    let code = exit?.code
    // Nobody reads its streams or will learn how it ends.
    if code == nil { bundle.cgroup.kill() }
    let killed = bundle.cgroup.outOfMemoryKills() > 0
    let message = bundle.terminationMessage(exitCode: code ?? 255, log: logPath)
    crun.forget(id)
    try? await bundle.cgroup.remove()
    bundle.releaseRoot()
    return End(
      code: code ?? 255, at: exit.map { Instant(nanoseconds: $0.at) }, outOfMemory: killed && code != 0, message: message)
  }
}
