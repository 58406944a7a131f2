import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeLinux
import Foundation
import Synchronization
import TestMachine
import Testing

@Suite("Pulling from a registry", .timeLimit(.minutes(1)), .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
struct RegistryTests {
  @Test("manifest, configuration and layers are fetched and become an image")
  func plain() async throws {
    let image = try await SmallRegistry().pull()
    #expect(image.command == ["/hello"] && image.layerDirectories.count == 1)
    #expect(try String(contentsOfFile: image.layerDirectories[0] + "/hello", encoding: .utf8) == "hello")
  }

  @Test("a token is fetched where the registry wants one, once")
  func token() async throws {
    let registry = try await SmallRegistry(.init(login: .token))
    #expect(try await registry.pull().command == ["/hello"])
    #expect(registry.paths.count { $0 == "/token" } == 1)
  }

  @Test("redirects of blobs are followed, an index leads to this machine's platform and there to the plainest variant")
  func redirects() async throws {
    let registry = try await SmallRegistry(.init(login: .token, redirects: true, isIndexed: true))
    #expect(try await registry.pull().command == ["/hello"])
    #expect(registry.paths.contains { $0.hasPrefix("/elsewhere/") })
  }

  @Test("what does not have its digest is refused", arguments: [true, false])
  func digests(isLayer: Bool) async throws {
    let registry = try await SmallRegistry(.init(spoilsLayer: isLayer, spoilsConfiguration: !isLayer))
    let reason = await reason { try await registry.pull() }
    #expect(reason.contains("digest") || reason.contains("something else"), "\(reason)")
  }

  @Test("a node that is short of disk gives up what it pulled and nobody uses, not what was loaded")
  func reclaimed() async throws {
    let registry = try await SmallRegistry()
    let directory = try temporaryDirectory()
    let first = try SmallRegistry.store(directory)
    let pulled = try await first.ensure(node: "n", image: registry.image(), pull: .ifNotPresent).facts
    var recipe = ImageRecipe(name: "packed:1")
    try recipe.addSurroundings()
    _ = try ImagePacker(recipe).pack(into: first, nodes: ["n"])
    first.release()
    let store = try ImageStore(directory: directory)
    #expect(!store.removeUnused(node: "n", inUse: [pulled.id]))
    #expect(store.removeUnused(node: "n", inUse: []))
    #expect(store.list(node: "n").flatMap(\.names) == ["docker.io/library/packed:1"])
  }

  @Test("an image that is not there and a registry that is not there are told apart, with a way out")
  func absent() async throws {
    let registry = try await SmallRegistry()
    let missing = await reason { try await registry.pull("test/other:2") }
    #expect(missing.contains("no such image or tag"), "\(missing)")
    let store = try SmallRegistry.store()
    let nobody = await reason { try await store.ensure(node: "n", image: "127.0.0.1:1/a:1", pull: .always).prepared }
    #expect(nobody.contains("cannot be reached") && nobody.contains("wavetank load image-archive"), "\(nobody)")
  }
}

/// What became of a pull.
func reason(_ body: () async throws -> PreparedImage) async -> String {
  do {
    _ = try await body()
    return "it was pulled"
  } catch { return "\(error)" }
}
