package import EdgeHTTP
import EdgeLinux

/// Why a port is not published, or not taken away.
package enum PublishError: Error, Equatable, CustomStringConvertible {
  case malformed(String)
  case malformedPlace(String)
  case notAnAddress(String, String)
  case listen(ListenError)
  case published(PublishedPort)
  case tooMany(limit: Int)
  case notPublished(String)
  case noContainers

  package var description: String {
    switch self {
    case .malformed(let text): "'\(text)' is not [ADDRESS:]HOSTPORT:NODEPORT[/udp] or HOSTPORT:svc/NAME[.NAMESPACE][:PORT][/udp]"
    case .malformedPlace(let text): "'\(text)' is not [ADDRESS:]HOSTPORT[/udp]"
    case .notAnAddress(let host, let text): "'\(host)' of '\(text)' is not an IPv4 or IPv6 address"
    case .listen(let error): "\(error)"
    case .published(let port):
      "\(port.place) is published already, as \(port): 'wavetank publish --remove \(port.address.port)' takes it away"
    case .tooMany(let limit): "\(limit) ports are published already, and there may be no more"
    case .notPublished(let text): "\(text) is not published"
    case .noContainers: "a cluster without containers has no network that a port could lead to"
    }
  }
}
