package import CoreObjects
import EdgeLinux
import Glibc

/// A Unix socket in the data directory, for commands of the same user. One request and one answer a connection.
package final class ControlSocket: Sendable {
  /// Bytes of a request or an answer at the most.
  static let limit = 1 << 20
  private let socket: Descriptor
  private let path: String

  package static func path(in directory: String) -> String { directory + "/control.sock" }

  /// - Throws: `ClusterError.file`.
  init(directory: String, answer: @escaping @Sendable (JSON) async -> JSON) throws(ClusterError) {
    path = ControlSocket.path(in: directory)
    do throws(SystemError) {
      try Files.remove(path)
      socket = try Socket.listen(at: path, backlog: 16)
      try Files.setMode(path, 0o600)
    } catch { throw .file(error) }
    socket.setNonBlocking(false)
    // One question after the other; who asks for something that takes long holds up nobody.
    PosixThread.start { [socket] in
      while let connection = ControlSocket.accept(socket) {
        connection.setNonBlocking(false)
        guard let request = ControlSocket.receive(connection) else { continue }
        Task {
          let bytes = await answer(request).encoded()
          connection.setNonBlocking()
          try? await connection.write(bytes)
        }
      }
    }
  }

  /// nil once the socket is closed.
  private static func accept(_ socket: Descriptor) -> Descriptor? {
    while true {
      do throws(SystemError) { return try Socket.accept(socket.number) } catch {
        if error.code != ECONNABORTED { return nil }
      }
    }
  }

  func close() {
    Socket.end(socket.number)
    try? Files.remove(path)
  }

  /// Asks a running cluster. nil where none listens.
  package static func ask(_ request: JSON, directory: String) -> JSON? {
    guard let socket = try? Socket.connect(at: path(in: directory)) else { return nil }
    socket.setNonBlocking(false)
    send(request, socket)
    Socket.endWriting(socket.number)
    return receive(socket)
  }

  private static func send(_ value: JSON, _ socket: Descriptor) {
    let bytes = value.encoded()
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Socket.send(socket.number, UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      if count <= 0 { return }
      sent += count
    }
  }

  private static func receive(_ socket: Descriptor) -> JSON? {
    var bytes: [UInt8] = []
    while bytes.count <= limit, let piece = try? socket.readNow(), !piece.isEmpty { bytes += piece }
    return try? JSONParser.parse(bytes)
  }
}
