import EdgeHTTP
import Foundation
import Testing

/// Two loops for all tests: a loop lives as long as its process.
let testLoops = EventLoop.group(2)

/// A plain HTTP server on a free port of 127.0.0.1.
struct TestServer {
  let server: HTTPServer
  let port: UInt16

  init(
    tls: TLSContext? = nil, limits: HTTPLimits = HTTPLimits(), handler: @escaping HTTPServerConfiguration.Handler = TestServer.answer
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

/// A blocking socket, for what no HTTP client would send.
final class RawClient {
  let descriptor: Int32

  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    try #require(outcome == 0)
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return }
      sent += count
    }
  }

  func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  func receiveSome() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return Array(buffer.prefix(max(0, count)))
  }

  /// Reads until the text holds `mark`, or the end.
  func receive(until mark: String) -> String {
    var text = ""
    while !text.contains(mark) {
      let more = receiveSome()
      if more.isEmpty { break }
      text += String(decoding: more, as: UTF8.self)
    }
    return text
  }

  func receiveAll() -> String {
    var bytes: [UInt8] = []
    while case let more = receiveSome(), !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Runs a program and gives its exit status and output.
func run(_ path: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]) async throws -> (status: Int32, output: String, errors: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let output = Pipe()
  let errors = Pipe()
  let standardInput = Pipe()
  process.standardOutput = output
  process.standardError = errors
  process.standardInput = standardInput
  try process.run()
  async let feeding: Void = Task.detached {
    try? standardInput.fileHandleForWriting.write(contentsOf: input)
    try? standardInput.fileHandleForWriting.close()
  }.value
  async let errorText = Task.detached { errors.fileHandleForReading.readDataToEndOfFile() }.value
  let text = await Task.detached { output.fileHandleForReading.readDataToEndOfFile() }.value
  await feeding
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: text, as: UTF8.self), String(decoding: await errorText, as: UTF8.self))
}

func temporaryFile(_ bytes: [UInt8], _ suffix: String) throws -> String {
  let path = NSTemporaryDirectory() + "edgehttp-" + UUID().uuidString + suffix
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}
