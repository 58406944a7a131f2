import CLinux
import Glibc

/// Addresses of a host. The resolver blocks: it runs on a thread of its own.
enum HostLookup {
  struct Address: Sendable {
    let family: Int32
    let bytes: [UInt8]
  }

  private final class Request: Sendable {
    let host: String
    let port: UInt16
    let found: @Sendable (Result<[Address], HTTPClientError>) -> Void

    init(_ host: String, _ port: UInt16, found: @escaping @Sendable (Result<[Address], HTTPClientError>) -> Void) {
      self.host = host
      self.port = port
      self.found = found
    }
  }

  static func addresses(_ host: String, port: UInt16) async throws(HTTPClientError) -> [Address] {
    let result: Result<[Address], HTTPClientError> = await withCheckedContinuation { continuation in
      start(Request(host, port) { continuation.resume(returning: $0) })
    }
    return try result.get()
  }

  private static func start(_ request: Request) {
    let held = Unmanaged.passRetained(request)
    var thread = pthread_t()
    let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
      let request = Unmanaged<Request>.fromOpaque(argument!).takeRetainedValue()
      request.found(HostLookup.look(request.host, request.port))
      return nil
    }
    let code = pthread_create(&thread, nil, body, held.toOpaque())
    if code == 0 {
      pthread_detach(thread)
    } else {
      held.release()
      request.found(.failure(.unknownHost(request.host, reason: String(cString: strerror(code)))))
    }
  }

  private static func look(_ host: String, _ port: UInt16) -> Result<[Address], HTTPClientError> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { return .failure(.unknownHost(host, reason: String(cString: gai_strerror(code)))) }
    defer { freeaddrinfo(list) }
    var found: [Address] = []
    var next = list
    while let entry = next {
      let bytes = Array(UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen)))
      found.append(Address(family: entry.pointee.ai_family, bytes: bytes))
      next = entry.pointee.ai_next
    }
    return .success(found)
  }
}
