import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeLinux
import Foundation
import Synchronization
import TestMachine
import Testing

@testable import Daemon

private let registryLoops = EventLoop.group(1)

/// A registry on 127.0.0.1 with one image, test/app:1, and what a test wants changed about it.
private final class SmallRegistry: Sendable {
  struct Behaviour: Sendable {
    var wantsToken = false
    var redirects = false
    var isIndexed = false
    var spoilsLayer = false
    var spoilsConfiguration = false
  }

  let port: UInt16
  private let server: HTTPServer
  private let notes: Notes

  /// What it was asked, and where it listens.
  private final class Notes: Sendable {
    let asked = Mutex<[String]>([])
    let place = Mutex("")
  }

  init(_ behaviour: Behaviour = Behaviour()) async throws {
    let layer = try await SmallRegistry.layer()
    let architecture = ImageArchive.architecture
    let configuration: JSON = [
      "architecture": .string(architecture), "os": "linux", "config": ["Cmd": ["/hello"]],
      "rootfs": ["type": "layers", "diff_ids": [.string(Digest.of(layer))]],
    ]
    let config = configuration.encoded()
    let manifest: JSON = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": ["digest": .string(Digest.of(config)), "size": .int(Int64(config.count))],
      "layers": [["digest": .string(Digest.of(layer)), "size": .int(Int64(layer.count))]],
    ]
    let bytes = manifest.encoded()
    let index: JSON = [
      "schemaVersion": 2,
      "manifests": [
        ["digest": .string(Digest.of([1])), "platform": ["os": "linux", "architecture": "other"]],
        ["digest": .string(Digest.of(bytes)), "platform": ["os": "linux", "architecture": .string(architecture)]],
      ],
    ]
    var contents: [String: [UInt8]] = [
      "/v2/test/app/manifests/1": behaviour.isIndexed ? index.encoded() : bytes,
      "/v2/test/app/manifests/" + Digest.of(bytes): bytes, "/v2/test/app/blobs/" + Digest.of(config): config,
      "/v2/test/app/blobs/" + Digest.of(layer): layer,
    ]
    if behaviour.spoilsLayer { contents["/v2/test/app/blobs/" + Digest.of(layer)]![600] ^= 1 }
    if behaviour.spoilsConfiguration { contents["/v2/test/app/blobs/" + Digest.of(config)]! += [32] }
    let notes = Notes()
    let files = contents
    let settings = HTTPServerConfiguration(tls: nil) { request in
      notes.asked.withLock { $0.append(request.path) }
      let here = notes.place.withLock { $0 }
      if request.path == "/token" {
        let isRight = request.query == "service=small&scope=repository%3Atest%2Fapp%3Apull"
        return isRight ? .text(200, #"{"token":"secret"}"#) : .text(400, request.query)
      }
      if request.path.hasPrefix("/elsewhere/") {
        guard request.headers["authorization"] == nil || here.isEmpty else { return .text(200, "") }
        return HTTPResponse(status: 200, body: .bytes(files[String(request.path.dropFirst(10))] ?? []))
      }
      if behaviour.wantsToken, request.headers["authorization"] != "Bearer secret" {
        let challenge = #"Bearer realm="http://\#(here)/token",service="small",scope="repository:test/app:pull""#
        return HTTPResponse(status: 401, headers: ["www-authenticate": challenge])
      }
      guard let found = files[request.path] else { return .text(404, "no") }
      if behaviour.redirects, request.path.contains("/blobs/") {
        return HTTPResponse(
          status: 307, headers: ["location": "http://localhost:\(here.split(separator: ":")[1])/elsewhere" + request.path])
      }
      return HTTPResponse(status: 200, body: .bytes(found))
    }
    server = HTTPServer(settings, loops: registryLoops)
    let port = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0)).port
    self.port = port
    self.notes = notes
    notes.place.withLock { $0 = "127.0.0.1:\(port)" }
  }

  /// A tar with one file.
  private static func layer() async throws -> [UInt8] {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try "hello".write(toFile: directory + "/hello", atomically: true, encoding: .utf8)
    _ = try await Program.run("/bin/tar", ["-cf", "layer.tar", "hello"], in: directory)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/layer.tar")))
  }

  /// Pulls into a store of its own.
  func pull(_ name: String = "test/app:1") async throws -> PreparedImage {
    let directory = try temporaryDirectory()
    let store = try ImageStore(directory: directory, registry: RegistryClient(patience: .seconds(5)))
    return try await store.ensure(node: "n", image: "127.0.0.1:\(port)/" + name, pull: .ifNotPresent).prepared
  }

  var paths: [String] { notes.asked.withLock { $0 } }
}

@Suite("Pulling from a registry", .timeLimit(.minutes(1)), .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
struct RegistryTests {
  private func reason(_ body: () async throws -> PreparedImage) async -> String {
    do {
      _ = try await body()
      return "it was pulled"
    } catch { return "\(error)" }
  }

  @Test("manifest, configuration and layers are fetched and become an image")
  func plain() async throws {
    let image = try await SmallRegistry().pull()
    #expect(image.command == ["/hello"] && image.layerDirectories.count == 1)
    #expect(try String(contentsOfFile: image.layerDirectories[0] + "/hello", encoding: .utf8) == "hello")
  }

  @Test("a token is fetched where the registry wants one, once")
  func token() async throws {
    let registry = try await SmallRegistry(.init(wantsToken: true))
    #expect(try await registry.pull().command == ["/hello"])
    #expect(registry.paths.count { $0 == "/token" } == 1)
  }

  @Test("redirects of blobs are followed, an index leads to this machine's platform")
  func redirects() async throws {
    let registry = try await SmallRegistry(.init(wantsToken: true, redirects: true, isIndexed: true))
    #expect(try await registry.pull().command == ["/hello"])
    #expect(registry.paths.contains { $0.hasPrefix("/elsewhere/") })
  }

  @Test("what does not have its digest is refused", arguments: [true, false])
  func digests(isLayer: Bool) async throws {
    let registry = try await SmallRegistry(.init(spoilsLayer: isLayer, spoilsConfiguration: !isLayer))
    let reason = await reason { try await registry.pull() }
    #expect(reason.contains("digest") || reason.contains("something else"), "\(reason)")
  }

  @Test("an image that is not there and a registry that is not there are told apart, with a way out")
  func absent() async throws {
    let registry = try await SmallRegistry()
    let missing = await reason { try await registry.pull("test/other:2") }
    #expect(missing.contains("no such image or tag"), "\(missing)")
    let store = try ImageStore(directory: temporaryDirectory(), registry: RegistryClient(patience: .seconds(5)))
    let nobody = await reason { try await store.ensure(node: "n", image: "127.0.0.1:1/a:1", pull: .always).prepared }
    #expect(nobody.contains("cannot be reached") && nobody.contains("wavetank load image-archive"), "\(nobody)")
  }
}
