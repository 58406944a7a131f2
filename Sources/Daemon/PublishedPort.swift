package import EdgeLinux

/// A port of the host that leads into the cluster's network: "[ADDRESS:]HOSTPORT:TARGET[/PROTOCOL]", where TARGET is the port of a
/// node, or "svc/NAME[.NAMESPACE][:PORT]". A Service alone has any free port.
package struct PublishedPort: Sendable, Hashable, CustomStringConvertible {
  package enum Transport: String, Sendable {
    case tcp, udp
  }

  package enum Target: Sendable, Hashable {
    /// Of the first node: a Service's node port, or a pod's host port.
    case node(UInt16)
    /// - port: a number or a name; nil: the first of the protocol
    case service(name: String, namespace: String, port: String?)
  }

  /// Port 0 is any that is free.
  package var address: SocketAddress
  package let transport: Transport
  package let target: Target

  package init(_ text: String) throws(PublishError) {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
    let (host, word) = HostSide.split(parts.removeFirst())
    if ["svc", "service", "services"].contains(word) {
      guard let service = PublishedPort.service(parts.popFirst() ?? "") else { throw .malformed(text) }
      target = service
    } else {
      guard let port = UInt16(word), port > 0, host != nil else { throw .malformed(text) }
      target = .node(port)
    }
    guard let side = HostSide(host: host ?? "0", transport: parts) else { throw .malformed(text) }
    transport = side.transport ?? .tcp
    address = SocketAddress(host: side.address ?? "127.0.0.1", port: side.port)
    if !address.isLiteral { throw .notAnAddress(address.host, text) }
  }

  private static func service(_ text: Substring) -> Target? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let names = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, names.count <= 2, !(parts + names).contains(where: \.isEmpty) else { return nil }
    return .service(
      name: String(names[0]), namespace: names.count == 2 ? String(names[1]) : "default",
      port: parts.count == 2 ? String(parts[1]) : nil)
  }

  package var description: String {
    switch target {
    case .node(let port): "\(address):\(port)/\(transport.rawValue)"
    case .service(let name, let namespace, let port):
      "\(address):svc/\(name).\(namespace)\(port.map { ":" + $0 } ?? "")/\(transport.rawValue)"
    }
  }

  /// "127.0.0.1:8080/tcp".
  package var place: String { "\(address)/\(transport.rawValue)" }
}

/// What of a published port is the host's: "[ADDRESS:]HOSTPORT[/PROTOCOL]". What is not said may be any.
package struct HostSide: Sendable, Hashable, CustomStringConvertible {
  let address: String?
  let port: UInt16
  let transport: PublishedPort.Transport?

  package init(_ text: String) throws(PublishError) {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
    guard let side = HostSide(host: parts.removeFirst(), transport: parts) else { throw .malformedPlace(text) }
    self = side
    if let address, !SocketAddress(host: address, port: port).isLiteral { throw .malformedPlace(text) }
  }

  fileprivate init?(host: Substring, transport: ArraySlice<Substring>) {
    let (address, port) = HostSide.split(host)
    guard let number = UInt16(port), transport.count <= 1 else { return nil }
    self.port = number
    self.address = address.map { String($0.first == "[" && $0.last == "]" ? $0.dropFirst().dropLast() : $0) }
    self.transport = transport.first.flatMap { PublishedPort.Transport(rawValue: String($0)) }
    if !transport.isEmpty, self.transport == nil { return nil }
  }

  /// At the last colon; nil where there is none.
  fileprivate static func split(_ text: Substring) -> (before: Substring?, last: Substring) {
    guard let colon = text.lastIndex(of: ":") else { return (nil, text) }
    return (text[..<colon], text[colon...].dropFirst())
  }

  package var description: String {
    let place = address.map { "\(SocketAddress(host: $0, port: port))" } ?? "\(port)"
    return place + (transport.map { "/\($0.rawValue)" } ?? "")
  }

  package func names(_ port: PublishedPort) -> Bool {
    port.address.port == self.port && address ?? port.address.host == port.address.host
      && transport ?? port.transport == port.transport
  }
}
