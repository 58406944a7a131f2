/// Types of records that the cluster's names have; `other` stands for all that none of them has.
package enum DNSType: Sendable, Equatable {
  case a, aaaa, cname, ns, ptr, soa, srv, txt, other
}

/// A record, with names as texts without the dot at their end.
package struct DNSRecord: Sendable, Hashable {
  package enum Content: Sendable, Hashable {
    /// An address as text.
    case a(String)
    case aaaa(String)
    case cname(String)
    case ns(String)
    case ptr(String)
    case soa(server: String, serial: UInt32)
    case srv(weight: Int, port: Int, target: String)
    case txt(String)
  }

  /// That of CoreDNS where kubeadm has set it up, in seconds. It also holds for what is not there.
  package static let secondsToLive: UInt32 = 30

  package var name: String
  package var content: Content

  package init(_ name: String, _ content: Content) {
    self.name = name
    self.content = content
  }

  /// With the family that the text of an address has.
  init(_ name: String, address: String) {
    self.init(name, address.utf8.contains(UInt8(ascii: ":")) ? .aaaa(address) : .a(address))
  }

  package var type: DNSType {
    switch content {
    case .a: .a
    case .aaaa: .aaaa
    case .cname: .cname
    case .ns: .ns
    case .ptr: .ptr
    case .soa: .soa
    case .srv: .srv
    case .txt: .txt
    }
  }
}

/// What the cluster says to a question about one of its names.
package struct DNSAnswer: Sendable, Equatable {
  /// False: there is no such name (NXDOMAIN).
  package var exists = true
  package var answers: [DNSRecord] = []
  package var authority: [DNSRecord] = []
  package var additional: [DNSRecord] = []
  /// The name outside of the cluster that the last of the answers points to: what it has belongs to the answer, too.
  package var continuation: String?
}
