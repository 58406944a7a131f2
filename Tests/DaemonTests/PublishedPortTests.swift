import Daemon
import Testing

@Suite("Published ports, as they are written")
struct PublishedPortTests {
  @Test(
    "a port is read in all its forms, and what it is written as is read the same",
    arguments: [
      ("8080:30080", "127.0.0.1:8080:30080/tcp"), ("8080:30080/tcp", "127.0.0.1:8080:30080/tcp"),
      ("0.0.0.0:8080:30080/udp", "0.0.0.0:8080:30080/udp"), ("[::1]:8080:80", "[::1]:8080:80/tcp"),
      ("0:30080", "127.0.0.1:0:30080/tcp"), ("svc/web", "127.0.0.1:0:svc/web.default/tcp"),
      ("8080:svc/web.shop:http", "127.0.0.1:8080:svc/web.shop:http/tcp"),
      ("10.0.0.1:53:service/dns.kube-system:53/udp", "10.0.0.1:53:svc/dns.kube-system:53/udp"),
      ("80:svc/tcp", "127.0.0.1:80:svc/tcp.default/tcp"),
    ])
  func forms(text: String, canonical: String) throws {
    let port = try PublishedPort(text)
    #expect(port.description == canonical)
    #expect(try PublishedPort(canonical) == port)
  }

  @Test(
    "what is none of the forms is refused with them",
    arguments: [
      "", "8080", "8080:", ":30080", "8080:0", "8080:70000", "70000:80", "a:80", "8080:30080/sctp", "8080:30080/",
      "8080:30080/tcp/udp",
      "8080:svc", "8080:svc/", "svc/web.a.b", "svc/.a", "svc/web:", "svc/web:80:90", "8080:pod/web", "8080:svc/web/http",
    ])
  func malformed(text: String) {
    #expect(throws: PublishError.malformed(text)) { try PublishedPort(text) }
  }

  @Test("an address must be one", arguments: ["localhost:80:80", "1.2.3:80:80", "[::g]:80:80"])
  func address(text: String) {
    let error = #expect(throws: PublishError.self) { try PublishedPort(text) }
    #expect(error?.description.contains("is not an IPv4 or IPv6 address") == true)
  }

  @Test(
    "what is to be taken away is named by its port, its address or its protocol; what is not said may be any",
    arguments: [
      ("8080", true), ("127.0.0.1:8080", true), ("8080/tcp", true), ("127.0.0.1:8080/tcp", true), ("8081", false),
      ("0.0.0.0:8080", false), ("8080/udp", false),
    ])
  func sides(text: String, isNamed: Bool) throws {
    #expect(try HostSide(text).names(PublishedPort("8080:30080")) == isNamed)
    #expect(try HostSide(HostSide(text).description) == HostSide(text))
  }

  @Test("a side of the host that is none is refused", arguments: ["", "a", "8080:30080", "svc/web", "8080/sctp", "localhost:80"])
  func malformedSide(text: String) {
    #expect(throws: PublishError.malformedPlace(text)) { try HostSide(text) }
  }
}
