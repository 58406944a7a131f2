import EdgeLinux
import Glibc
import Synchronization

/// Asks the resolvers of the host what the cluster does not know.
final class Forwarder: Sendable {
  private let resolvers: @Sendable () -> [SocketAddress]
  private let limit: Int
  private let waiting = Atomic(0)
  /// How many of the resolvers have failed since one has answered: one that is dead costs its time once, and not each question.
  private let failures = Atomic(0)

  /// - Parameter limit: questions without an answer at the same time.
  init(limit: Int = DNSLimits.waiting, _ resolvers: @escaping @Sendable () -> [SocketAddress]) {
    (self.limit, self.resolvers) = (limit, resolvers)
  }

  /// - Parameter query: passed on as it is
  /// - Returns: the answer as it came; nil where nobody gave one
  func ask(_ query: [UInt8], isStream: Bool) async -> [UInt8]? {
    defer { waiting.subtract(1, ordering: .relaxed) }
    if waiting.add(1, ordering: .relaxed).newValue > limit { return nil }
    let resolvers = resolvers()
    if resolvers.isEmpty { return nil }
    // One alone is asked again: a datagram may be lost.
    for _ in 0..<min(max(2, resolvers.count), DNSLimits.attempts) {
      let failures = failures.load(ordering: .relaxed)
      let resolver = resolvers[failures % resolvers.count]
      if let answer = await Forwarder.answer(of: resolver, query, isStream: isStream) { return answer }
      // Only the first of those who have waited for it turns to the next.
      _ = self.failures.compareExchange(expected: failures, desired: (failures + 1) % resolvers.count, ordering: .relaxed)
    }
    return nil
  }

  /// nil where nothing came in time that answers the question.
  private static func answer(of resolver: SocketAddress, _ query: [UInt8], isStream: Bool) async -> [UInt8]? {
    let late = SystemError("wait", "\(resolver)", code: ETIMEDOUT)
    return try? await within(DNSLimits.patience, orThrow: late) {
      isStream ? try await answerByStream(of: resolver, query) : try await answerByDatagram(of: resolver, query)
    }
  }

  private static func answerByDatagram(of resolver: SocketAddress, _ query: [UInt8]) async throws -> [UInt8] {
    let socket = try Datagrams.connect(to: resolver)
    _ = try socket.writeNow(query, from: 0)
    while true {
      if let bytes = try socket.readNow() {
        if isAnswer(bytes, to: query) { return bytes }
      } else {
        try await Readiness.shared.wait(for: socket, writing: false)
      }
    }
  }

  private static func answerByStream(of resolver: SocketAddress, _ query: [UInt8]) async throws -> [UInt8]? {
    let socket = try Socket.connect(to: resolver)
    while !(try Socket.finishConnecting(socket.number, "\(resolver)")) {
      try await Readiness.shared.wait(for: socket, writing: true)
    }
    var stream = DNSStream(socket)
    try await stream.send(query, within: DNSLimits.patience)
    while let bytes = try await stream.next(within: DNSLimits.patience) { if isAnswer(bytes, to: query) { return bytes } }
    return nil
  }

  /// What has another number was meant for somebody else, or is not meant well.
  private static func isAnswer(_ bytes: [UInt8], to query: [UInt8]) -> Bool {
    guard let answer = bytes.withUnsafeBytes(DNSMessage.header), let asked = query.withUnsafeBytes(DNSMessage.header) else {
      return false
    }
    return answer.isResponse && answer.id == asked.id
  }
}
