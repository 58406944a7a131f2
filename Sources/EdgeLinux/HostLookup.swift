import Glibc

/// Addresses of a host. The resolver blocks: it runs on a thread of its own.
package enum HostLookup {
  /// Why there are none, in the resolver's words.
  package struct Failure: Error { package var reason: String }

  package static func addresses(_ host: String, port: UInt16) async throws(Failure) -> [SocketAddress] {
    let result: Result<[SocketAddress], Failure> = await withCheckedContinuation { continuation in
      PosixThread.start { continuation.resume(returning: look(host, port)) }
    }
    return try result.get()
  }

  private static func look(_ host: String, _ port: UInt16) -> Result<[SocketAddress], Failure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { return .failure(Failure(reason: String(cString: gai_strerror(code)))) }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = SocketAddress(storage: UnsafeRawPointer(entry.ai_addr), family: entry.ai_family) { found.append(address) }
      next = entry.ai_next
    }
    return .success(found)
  }
}
