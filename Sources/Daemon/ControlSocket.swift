package import CoreJSON
import Glibc

/// A Unix socket in the data directory, for commands of the same user. One request and one answer a connection.
package final class ControlSocket: Sendable {
  /// Bytes of a request or an answer at the most.
  static let limit = 1 << 20
  private let descriptor: Int32
  private let path: String

  package static func path(in directory: String) -> String { directory + "/control.sock" }

  /// - Throws: `ClusterError.file`.
  init(directory: String, answer: @escaping @Sendable (JSON) -> JSON) throws(ClusterError) {
    path = ControlSocket.path(in: directory)
    unlink(path)
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard var address = ControlSocket.address(path) else { throw .file(path: path, errno: ENAMETOOLONG) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard bound == 0, chmod(path, 0o600) == 0, listen(descriptor, 16) == 0 else { throw .file(path: path, errno: errno) }
    let server = Server(descriptor: descriptor, answer: answer)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Server>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(server).toOpaque())
    pthread_detach(thread)
  }

  func close() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    Glibc.close(descriptor)
    unlink(path)
  }

  /// Asks a running cluster. nil where none listens.
  package static func ask(_ request: JSON, directory: String) -> JSON? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { Glibc.close(descriptor) }
    guard var address = address(path(in: directory)) else { return nil }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard connected == 0 else { return nil }
    send(request, descriptor)
    shutdown(descriptor, Int32(SHUT_WR))
    return receive(descriptor)
  }

  private static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  private static func send(_ value: JSON, _ descriptor: Int32) {
    let bytes = value.encoded()
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return }
      sent += count
    }
  }

  private static func receive(_ descriptor: Int32) -> JSON? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit, case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
      bytes += buffer.prefix(count)
    }
    return try? JSONParser.parse(bytes)
  }

  private final class Server: Sendable {
    let descriptor: Int32
    let answer: @Sendable (JSON) -> JSON

    init(descriptor: Int32, answer: @escaping @Sendable (JSON) -> JSON) {
      self.descriptor = descriptor
      self.answer = answer
    }

    /// One connection after the other: what is asked changes the image store.
    func run() {
      while true {
        let connection = accept(descriptor, nil, nil)
        if connection < 0 {
          if errno == EINTR || errno == ECONNABORTED { continue }
          return
        }
        if let request = ControlSocket.receive(connection) { ControlSocket.send(answer(request), connection) }
        Glibc.close(connection)
      }
    }
  }
}
