/// The bytes of a connection after 101 Switching Protocols. One task may read while others write.
package actor UpgradedConnection: ByteTransport {
  private let connection: Connection
  private var early: [UInt8]
  package nonisolated var unownedExecutor: UnownedSerialExecutor { connection.loop.asUnownedSerialExecutor() }

  init(_ connection: Connection, early: [UInt8]) {
    self.connection = connection
    self.early = early
  }

  package func read() async throws -> [UInt8]? {
    if !early.isEmpty {
      defer { early = [] }
      return early
    }
    return try await connection.read()
  }

  package func write(_ bytes: [UInt8]) async throws { try await connection.write(bytes) }
  package func close() async { connection.close() }
}

/// Ordered bytes in both directions: a connection, or a tunnel inside WebSocket messages.
package protocol ByteTransport: Sendable {
  /// Some bytes; nil at the end.
  func read() async throws -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
  func close() async
}

extension ByteTransport {
  /// Passes on what either side says until one of them ends; both are closed then.
  package func join(_ other: any ByteTransport) async {
    await withTaskGroup(of: Void.self) { tasks in
      for (from, to) in [(self, other), (other, self)] as [(any ByteTransport, any ByteTransport)] {
        tasks.addTask {
          while let bytes = try? await from.read(), (try? await to.write(bytes)) != nil {}
          await from.close()
          await to.close()
        }
      }
    }
  }
}
