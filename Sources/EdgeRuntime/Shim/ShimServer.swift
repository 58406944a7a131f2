import CoreObjects
import EdgeLinux
import Glibc
import Synchronization

/// Starts containers for a daemon, and keeps their streams, their logs and their exit codes while there is none. One serves all nodes of
/// a cluster.
package final class ShimServer: Sendable {
  /// The argument that makes a process one.
  package static let word = "containers-shim"
  /// The descriptor at which such a process is spoken to.
  static let listener: Int32 = 3

  private struct State {
    var containers: [String: ShimContainer] = [:]
    /// By their numbers here.
    var held: [Int32: Descriptor] = [:]
    var clock: ClusterClock
    /// Daemons that are connected.
    var daemons = 0
  }

  private let began = ClusterClock.monotonic
  private let state: Mutex<State>
  /// In the mount namespace of the bundles.
  private let workers: WorkerThreads
  private let whenUseless: @Sendable () -> Void

  /// - Parameter whenUseless: called when the last daemon has gone and there is nothing to keep
  init(_ clock: ClusterClock, workers: WorkerThreads, whenUseless: @escaping @Sendable () -> Void = {}) {
    state = Mutex(State(clock: clock))
    self.workers = workers
    self.whenUseless = whenUseless
  }

  /// What a process does that is a shim: until it has nothing to keep and nobody to serve.
  package static func main() async -> Never {
    Descriptor.ignoreBrokenPipes()
    ChildProcess.adoptOrphans()
    let server = ShimServer(ClusterClock(speed: 1), workers: WorkerThreads(threads: 4)) { exit(0) }
    let listener = Descriptor(owning: ShimServer.listener)
    Task.detached {
      while true {
        try? await Task.sleep(for: .seconds(15))
        Orphans.collect()
      }
    }
    while let socket = try? await accept(listener) { Task.detached { await server.serve(socket) } }
    exit(1)
  }

  private static func accept(_ listener: Descriptor) async throws -> Descriptor {
    while true {
      try await Readiness.shared.wait(for: listener, writing: false)
      do throws(SystemError) { return try Socket.accept(listener.number) } catch {
        if error.code != EAGAIN, error.code != ECONNABORTED { throw error }
      }
    }
  }

  /// Answers one connection to its end.
  func serve(_ socket: Descriptor) async {
    guard let connection = try? ShimConnection(socket), let first = try? await connection.next() else { return }
    switch first.kind {
    case .greet: await greet(connection, first)
    case .start: await start(connection, first)
    case .adopt:
      guard let container = state.withLock({ $0.containers[first.text] }) else {
        connection.send(ShimFrame(.failed, Array("the shim has no such container".utf8)))
        return await untilEnd(connection)
      }
      await attend(connection, container)
    case .hold: await hold(connection, first.lines)
    case .release:
      let numbers = first.lines.compactMap { Int32($0) }
      state.withLock { state in for number in numbers { state.held[number] = nil } }
    default: break
    }
  }

  private func untilEnd(_ connection: ShimConnection) async { while (try? await connection.next()) != nil {} }

  private func greet(_ connection: ShimConnection, _ first: ShimFrame) async {
    guard let greeting = try? ObjectCoding.decode(ShimGreeting.self, from: first.bytes) else { return }
    let clock = state.withLock { state in
      state.daemons += 1
      // That of the daemon before says what its containers are used to.
      let before = state.clock
      if greeting.version == ShimGreeting.version { state.clock = greeting.clock }
      return before
    }
    connection.send(ShimFrame(.greet, ObjectCoding.encode(ShimGreeting(clock, began: began))))
    await untilEnd(connection)
    let isUseless = state.withLock { state in
      state.daemons -= 1
      return state.daemons == 0 && state.containers.isEmpty
    }
    if isUseless { whenUseless() }
  }

  private func hold(_ connection: ShimConnection, _ paths: [String]) async {
    do throws(SystemError) {
      var numbers: [Int32] = []
      for path in paths {
        let descriptor = try Descriptor.open(path, O_RDONLY)
        state.withLock { $0.held[descriptor.number] = descriptor }
        numbers.append(descriptor.number)
      }
      connection.send(ShimFrame(.held, lines: numbers.map(String.init)))
    } catch { connection.send(ShimFrame(.failed, Array("\(error)".utf8))) }
    await untilEnd(connection)
  }

  private func start(_ connection: ShimConnection, _ first: ShimFrame) async {
    let work = Task(executorPreference: workers) { () async -> Result<ShimContainer, ContainerError> in
      guard let order = try? ObjectCoding.decode(ShimOrder.self, from: first.bytes) else {
        return .failure(.start("the shim did not understand its order"))
      }
      do throws(ContainerError) {
        return .success(try await ShimContainer.start(order) { self.state.withLock { $0.clock }.now })
      } catch { return .failure(error) }
    }
    switch await work.value {
    case .success(let container):
      state.withLock { $0.containers[container.order.id] = container }
      await attend(connection, container)
    case .failure(let error):
      connection.send(ShimFrame(.failed, Array(error.description.utf8)))
      await untilEnd(connection)
    }
  }

  /// Serves whoever has a container, to the end of the connection.
  private func attend(_ connection: ShimConnection, _ container: ShimContainer) async {
    connection.send(ShimFrame(.started, ObjectCoding.encode(container.start)))
    let telling = Task.detached {
      let exit = await container.exit()
      connection.send(ShimFrame(.exited, ObjectCoding.encode(exit)))
    }
    while let frame = try? await connection.next() {
      switch frame.kind {
      case .follow: follow(container, for: connection)
      case .input: await container.write(frame.bytes)
      case .endInput: container.endInput()
      case .window:
        let (low, high) = (frame.bytes.prefix(2), frame.bytes.dropFirst(2).prefix(2))
        container.setWindow(columns: UInt16(littleEndian: low), rows: UInt16(littleEndian: high))
      case .forget:
        state.withLock { $0.containers[container.order.id] = nil }
        connection.close()
      default: break
      }
    }
    telling.cancel()
  }

  private func follow(_ container: ShimContainer, for connection: ShimConnection) {
    container.follow { bytes, isError in
      var start = 0
      repeat {
        let piece = Array(bytes[start...].prefix(ShimFrame.limit))
        guard connection.send(ShimFrame(isError ? .errors : .output, piece)) else { return false }
        start += piece.count
      } while start < bytes.count
      return true
    }
  }
}

extension UInt16 {
  fileprivate init(littleEndian bytes: some Sequence<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | UInt16($1) }
  }
}
