import EdgeLinux
import Foundation
import TestMachine

@testable import EdgeHTTP

/// Two loops for all tests: a loop lives as long as its process.
let testLoops = EventLoop.group(2)

/// A plain HTTP server on a free port of 127.0.0.1.
struct TestServer {
  let server: HTTPServer
  let port: UInt16

  init(
    tls: TLSContext? = nil, limits: HTTPLimits = HTTPLimits(),
    handler: @escaping HTTPServerConfiguration.Handler = TestServer.answer
  ) throws {
    var configuration = HTTPServerConfiguration(tls: tls, handler: handler)
    configuration.limits = limits
    server = HTTPServer(configuration, loops: testLoops)
    port = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0)).port
  }

  /// Says what it was asked.
  static let answer: HTTPServerConfiguration.Handler = { request in
    if request.path == "/empty" { return HTTPResponse(status: 204) }
    if request.path == "/chunks" { return HTTPResponse(status: 200, body: .chunks((0..<1000).map { Array("\($0),".utf8) })) }
    if request.path == "/big" { return HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 0x78, count: 5_000_000))) }
    if request.path == "/whoami" {
      let certificate = request.peer.certificate
      let words = [certificate?.commonName ?? "-", certificate?.organizations.joined(separator: "+") ?? "-"]
      return .text(200, (words + [certificate?.verificationError ?? "verified"]).joined(separator: " "))
    }
    return .text(200, "\(request.method.rawValue) \(request.path) [\(request.query)] \(request.body.count)")
  }
}

/// A socket for what no HTTP client would send. It blocks threads of its own, and never for longer than `patience`.
final class RawClient: Sendable {
  static let patience = Duration.seconds(10)
  let descriptor: Int32

  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
    // Also for connecting.
    var timeout = timeval(tv_sec: Int(RawClient.patience.components.seconds), tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    if outcome != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }

  /// What fits into the socket's buffer: a request without a large body.
  func send(_ text: String) { send(Array(text.utf8)) }

  func sendLarge(_ bytes: [UInt8]) async throws { try await onThread { self.send(bytes) } }

  private func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads until the text holds `mark`, or the end.
  func receive(until mark: String) async throws -> String {
    try await receive { String(decoding: $0, as: UTF8.self).contains(mark) }
  }

  /// Reads until the server ends the connection.
  func receiveAll() async throws -> String { try await receive { _ in false } }

  private func receive(until isEnough: @escaping @Sendable ([UInt8]) -> Bool) async throws -> String {
    try await onThread { [self] in
      let deadline = ContinuousClock.now + RawClient.patience
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while !isEnough(bytes) {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let left = max(.zero, deadline - .now) / .milliseconds(1)
        guard poll(&waiting, 1, Int32(left)) > 0 else {
          throw Silence(received: String(decoding: bytes.prefix(1000), as: UTF8.self))
        }
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count <= 0 { break }
        bytes += buffer.prefix(count)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// The server neither answered in full nor ended the connection.
struct Silence: Error {
  let received: String
}

/// Where this run's files are; deleted when it ends.
private let scratch: String = {
  let path = NSTemporaryDirectory() + "edgehttp-\(getpid())"
  try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  atexit { try? FileManager.default.removeItem(atPath: scratch) }
  return path
}()

func temporaryFile(_ bytes: [UInt8], _ suffix: String) throws -> String {
  let path = scratch + "/" + UUID().uuidString + suffix
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}
