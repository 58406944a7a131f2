import CLinux
package import CoreNode
package import EdgeLinux
import Glibc
import Synchronization

/// Answers questions over UDP and TCP: about the cluster's names by itself, about others what the host's resolvers say.
package final class DNSServer: Sendable {
  package typealias Zone = @Sendable (_ name: String, _ type: DNSType) -> DNSAnswer?

  /// A loop lives as long as the process: one for all servers.
  private static let loop = EventLoop()
  /// Datagrams of one turn, so that nothing else of the loop waits for long.
  private static let turnLimit = 64

  private let datagrams: Descriptor
  private let listener: Descriptor
  private let zone: Zone
  private let forwarder: Forwarder
  private let connections = Mutex<[Int: Task<Void, Never>]>([:])
  private let accepting = Mutex<Task<Void, Never>?>(nil)

  /// - Parameters:
  ///   - datagrams: bound to the same address as `listener`.
  ///   - waitingLimit: questions that others have not answered yet; beyond it is SERVFAIL.
  ///   - resolvers: who is asked about other names, the best first; read for each question.
  ///   - zone: nil for a name that is not the cluster's.
  package init(
    datagrams: Descriptor, listener: Descriptor, waitingLimit: Int = DNSLimits.waiting,
    resolvers: @escaping @Sendable () -> [SocketAddress], zone: @escaping Zone
  ) {
    (self.datagrams, self.listener, self.zone) = (datagrams, listener, zone)
    forwarder = Forwarder(limit: waitingLimit, resolvers)
    let number = datagrams.number
    Task(executorPreference: DNSServer.loop) { [weak self] in
      DNSServer.loop.register(number, events: EPOLLIN.rawValue) { [weak self] _ in self?.receive() }
    }
    accepting.withLock { $0 = Task { [weak self] in await DNSServer.accept(listener) { self?.serve($0) } } }
  }

  package func stop() async {
    accepting.withLock { $0?.cancel() }
    let open = connections.withLock { Array($0.values) }
    for connection in open { connection.cancel() }
    await Task(executorPreference: DNSServer.loop) { [datagrams] in DNSServer.loop.deregister(datagrams.number) }.value
  }

  private func receive() {
    for _ in 0..<DNSServer.turnLimit {
      guard let (bytes, sender) = Datagrams.receive(datagrams, DNSServer.loop.scratch) else { return }
      switch Reply(to: bytes, zone, limit: nil) {
      case .none: break
      case .bytes(let answer): Datagrams.send(answer, to: sender, from: datagrams)
      case .asking:
        let question = Array(bytes)
        Task { [self] in
          if let answer = await ask(question, limit: nil) { Datagrams.send(answer, to: sender, from: datagrams) }
        }
      }
    }
  }

  /// What needs somebody else's answer.
  /// - Parameter limit: bytes of the answer; nil: as many as a datagram to who asks may have
  private func ask(_ question: [UInt8], limit: Int?) async -> [UInt8]? {
    let isStream = limit != nil
    let query = question.withUnsafeBytes { Reply.continuation(of: $0, zone) } ?? question
    let answer = await forwarder.ask(query, isStream: isStream)
    return question.withUnsafeBytes { Reply.completed(to: $0, zone, by: answer, limit: limit) }
  }

  private static func accept(_ listener: Descriptor, _ serve: (Descriptor) -> Void) async {
    while !Task.isCancelled {
      do throws(SystemError) { serve(try Socket.accept(listener.number)) } catch {
        if error.code == EAGAIN {
          guard (try? await Readiness.shared.wait(for: listener, writing: false)) != nil else { return }
        } else {
          // Out of descriptors, or somebody who has gone already.
          try? await Task.sleep(for: .milliseconds(100))
        }
      }
    }
  }

  private func serve(_ socket: Descriptor) {
    connections.withLock { connections in
      if connections.count >= DNSLimits.connections { return }
      let number = Int(socket.number)
      connections[number] = Task { [self] in
        try? await converse(DNSStream(socket))
        // The descriptor is still open here, so that nobody else has its number.
        _ = self.connections.withLock { $0.removeValue(forKey: number) }
        withExtendedLifetime(socket) {}
      }
    }
  }

  private func converse(_ stream: DNSStream) async throws {
    var stream = stream
    while let question = try await stream.next(within: DNSLimits.idle) {
      switch question.withUnsafeBytes({ Reply(to: $0, zone, limit: DNSLimits.streamBytes) }) {
      case .none: return
      case .bytes(let answer): try await stream.send(answer, within: DNSLimits.idle)
      case .asking:
        guard let answer = await ask(question, limit: DNSLimits.streamBytes) else { return }
        try await stream.send(answer, within: DNSLimits.idle)
      }
    }
  }
}
