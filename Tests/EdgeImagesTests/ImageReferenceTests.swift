import CoreNode
import EdgeImages
import Testing

@Suite("Image names mean what docker takes them to mean")
struct ImageReferenceTests {
  private static let digest = "sha256:" + String(repeating: "0a", count: 32)

  @Test(
    "a short name is filled up",
    arguments: [
      ("app:test", "docker.io/library/app:test"), ("app", "docker.io/library/app:latest"),
      ("alpine/k8s:1.25.8", "docker.io/alpine/k8s:1.25.8"), ("docker.io/app", "docker.io/library/app:latest"),
      ("index.docker.io/a/b:c", "docker.io/a/b:c"), ("localhost/app", "localhost/app:latest"),
      ("localhost:5000/app", "localhost:5000/app:latest"), ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"),
      ("r.example:8443/a/b/c:v1_2.3-x", "r.example:8443/a/b/c:v1_2.3-x"), ("a__b---c/d.e", "docker.io/a__b---c/d.e:latest"),
      ("app@\(digest)", "docker.io/library/app@\(digest)"), ("app:v1@\(digest)", "docker.io/library/app@\(digest)"),
    ])
  func normalised(name: String, full: String) throws { #expect(try ImageReference(name).description == full) }

  @Test("a full name is its own full name") func idempotent() throws {
    for name in ["app:test", "localhost:5000/x/y", "a/b@\(Self.digest)"] {
      let full = try ImageReference(name).description
      #expect(try ImageReference(full).description == full)
    }
  }

  @Test(
    "what is no name is refused with InvalidImageName",
    arguments: [
      "", "App", "app:", "app:te st", "app::x", "/app", "app/", "a//b", "-a", "a-", "a..b", "a___b", "app@sha256:12",
      "app@md5:00",
      "app:" + String(repeating: "x", count: 129), String(repeating: "x", count: 256), "host:port/app", "../etc/passwd", "a b",
      "app:тест", "é",
    ])
  func invalid(name: String) {
    let error = #expect(throws: ImageError.self) { try ImageReference(name) }
    #expect(error?.reason == .invalidName)
  }
}
