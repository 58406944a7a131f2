import EdgeHTTP
import EdgeLinux

/// A connection to a program in a pod, for port-forward.
struct PodPort: PortConnection {
  private let socket: Descriptor
  /// Another descriptor of the socket, so that reading and writing can wait at the same time.
  private let reader: Descriptor

  init(_ socket: Descriptor) throws {
    self.socket = socket
    reader = try socket.duplicate()
  }

  func read() async throws -> [UInt8]? {
    let bytes = try await reader.read()
    return bytes.isEmpty ? nil : bytes
  }
  func write(_ bytes: [UInt8]) async throws { try await socket.write(bytes) }
  func finish() async { Socket.endWriting(socket.number) }
  func close() async { Socket.end(socket.number) }
}
