import COpenSSL
import Glibc

/// One kept-alive HTTP/1.1 connection over TLS, blocking.
final class Connection {
  let socket: Int32
  let ssl: OpaquePointer
  private let context: OpaquePointer
  private var buffer = [UInt8](repeating: 0, count: 1 << 17)

  /// - Parameter isNamed: shows the administrator's certificate
  init(_ server: Server, isNamed: Bool = true) throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.socket = socket
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    var on: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    context = SSL_CTX_new(TLS_client_method())
    if isNamed {
      SSL_CTX_use_certificate_file(context, server.directory + "/bench.crt", SSL_FILETYPE_PEM)
      SSL_CTX_use_PrivateKey_file(context, server.directory + "/bench.key", SSL_FILETYPE_PEM)
    }
    ssl = SSL_new(context)
    guard result == 0, SSL_set_fd(ssl, socket) == 1, SSL_connect(ssl) == 1 else { throw BenchError("no connection") }
  }

  deinit {
    SSL_free(ssl)
    SSL_CTX_free(context)
    close(socket)
  }

  /// - Parameter token: shown besides, where one is given
  static func request(
    _ method: String, _ path: String, _ body: String = "", contentType: String = "application/json", token: String = ""
  ) -> [UInt8] {
    let shown = token.isEmpty ? "" : "authorization: Bearer \(token)\r\n"
    let head = "\(method) \(path) HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\(shown)"
    let type = body.isEmpty ? "" : "content-type: \(contentType)\r\ncontent-length: \(body.utf8.count)\r\n"
    return Array((head + type + "\r\n" + body).utf8)
  }

  func send(_ bytes: [UInt8]) throws {
    guard SSL_write(ssl, bytes, Int32(bytes.count)) == bytes.count else { throw BenchError("the connection was lost") }
  }

  @discardableResult
  func get(_ path: String) throws -> Int { try ask(Connection.request("GET", path)) }

  /// - Returns: the size of the whole answer.
  @discardableResult
  func ask(_ bytes: [UInt8]) throws -> Int {
    var start: [UInt8] = []
    return try ask(bytes, into: &start)
  }

  /// - Parameter start: gets the first piece of the answer, with its head.
  func ask(_ bytes: [UInt8], into start: inout [UInt8]) throws -> Int {
    try send(bytes)
    var count = 0
    var wanted: Int?
    var isChunked = false
    while true {
      let got = Int(SSL_read(ssl, &buffer, Int32(buffer.count)))
      guard got > 0 else { throw BenchError("the connection was lost") }
      if wanted == nil, !isChunked {
        // The head comes in one piece: the server writes it so.
        guard buffer[9] == UInt8(ascii: "2") else {
          throw BenchError(String(decoding: buffer.prefix(min(got, 300)), as: UTF8.self))
        }
        let head = headEnd(got)
        if let length = contentLength(head) { wanted = head + length } else { isChunked = true }
      }
      if count < 4096 { start += buffer.prefix(got) }
      count += got
      if let wanted, count >= wanted { return count }
      if isChunked, got >= 5, buffer[(got - 5)..<got].elementsEqual([0x30, 13, 10, 13, 10]) { return count }
    }
  }

  private func headEnd(_ count: Int) -> Int {
    var index = 3
    while index < count {
      if buffer[index] == 10, buffer[index - 1] == 13, buffer[index - 2] == 10 { return index + 1 }
      index += 1
    }
    return count
  }

  private func contentLength(_ head: Int) -> Int? {
    let name = Array("content-length: ".utf8)
    var index = 0
    while index + name.count < head {
      if buffer[index] == name[0], buffer[index..<(index + name.count)].elementsEqual(name) {
        return buffer[(index + name.count)..<head].prefix { $0 >= 48 && $0 <= 57 }.reduce(0) { $0 * 10 + Int($1 - 48) }
      }
      index += 1
    }
    return nil
  }
}

/// Runs one body on each of several threads and waits for all.
func onThreads(_ count: Int, _ body: @escaping (Int) -> Void) {
  let threads = (0..<count).map { index in startThread { body(index) } }
  for thread in threads { pthread_join(thread, nil) }
}

func startThread(_ body: @escaping () -> Void) -> pthread_t {
  final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { argument in
      Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  return thread
}
