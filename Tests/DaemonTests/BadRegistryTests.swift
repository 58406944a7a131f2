import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeLinux
import Foundation
import TestMachine
import Testing

@Suite(
  "Registries that answer slowly or wrongly", .timeLimit(.minutes(1)),
  .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
struct BadRegistryTests {
  private func outcome(
    _ behaviour: SmallRegistry.Behaviour, patience change: (inout PullPatience) -> Void = { _ in }
  ) async throws -> (reason: String, registry: SmallRegistry) {
    let registry = try await SmallRegistry(behaviour)
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = try SmallRegistry.store(directory, patience: change)
    do {
      _ = try await store.ensure(node: "n", image: registry.image(), pull: .ifNotPresent)
      return ("it was pulled", registry)
    } catch {
      // Nothing is half stored.
      for folder in ["blobs/sha256", "layers", "tmp"] {
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/" + folder).isEmpty)
      }
      return ("\(error)", registry)
    }
  }

  @Test("a failure in passing is asked about again, after the time that the registry wants")
  func passing() async throws {
    let busy = HTTPResponse(status: 429, headers: ["retry-after": "0"])
    let (reason, registry) = try await outcome(.init(failures: [busy, .text(503, "later"), .text(500, "oh")]))
    #expect(reason == "it was pulled")
    #expect(registry.paths.count { $0.contains("/blobs/") } == 5)
  }

  @Test("a registry that fails again and again, or wants more time than there is, is given up")
  func lasting() async throws {
    let (reason, registry) = try await outcome(.init(failures: Array(repeating: .text(503, "later"), count: 9)))
    #expect(reason.contains("status 503") && registry.paths.count == 5, "\(reason)")
    let busy = HTTPResponse(status: 429, headers: ["retry-after": "3600"])
    let (second, asked) = try await outcome(.init(failures: [busy]))
    #expect(second.contains("wants 3600 s") && asked.paths.count == 2, "\(second)")
  }

  @Test("a layer whose connection breaks off goes on where it was")
  func resumes() async throws {
    let (reason, registry) = try await outcome(.init(breaksAfter: 700))
    #expect(reason == "it was pulled")
    #expect(registry.ranges.first == "bytes=700-")
  }

  @Test("a layer that is shorter than its manifest says, or that trickles, is none")
  func short() async throws {
    let (short, _) = try await outcome(.init(missingBytes: 5))
    #expect(short.contains("the manifest says"), "\(short)")
    let (slow, _) = try await outcome(.init(trickle: .milliseconds(20))) { $0.period = .milliseconds(200) }
    #expect(slow.contains("bytes came in"), "\(slow)")
  }

  @Test("a registry that is silent is not waited for for ever")
  func silent() async throws {
    let (reason, registry) = try await outcome(.init(holdsLayer: true)) {
      $0.silence = .milliseconds(100)
      $0.attempts = 2
    }
    #expect(reason.contains("did not answer in time"), "\(reason)")
    registry.letGo()
  }

  @Test("redirects without end are ended")
  func redirects() async throws {
    let (reason, registry) = try await outcome(.init(redirectsForEver: true))
    #expect(reason.contains("sends on and on") && registry.paths.count == 6, "\(reason)")
  }

  @Test(
    "what is no image that can run is called what it is",
    arguments: [
      (["schemaVersion": 1, "fsLayers": []], "schema 1"), (["schemaVersion": 2], "names no configuration"),
      (
        ["schemaVersion": 2, "config": ["mediaType": "application/vnd.cncf.helm.config.v1+json"]],
        "an artifact: application/vnd.cncf.helm.config.v1+json"
      ), (["manifests": []], "not made for linux"), ("text", "names no configuration"),
      (
        [
          "schemaVersion": 2, "artifactType": "application/x.sbom", "config": ["mediaType": "application/vnd.oci.empty.v1+json"],
        ], "an artifact: application/x.sbom"
      ),
      (
        [
          "schemaVersion": 2, "config": ["mediaType": "application/vnd.oci.image.config.v1+json"],
          "layers": [["mediaType": "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"]],
        ], "encrypted"
      ),
    ] as [(JSON, String)])
  func manifests(manifest: JSON, reason: String) async throws {
    let (found, _) = try await outcome(.init(manifest: manifest))
    #expect(found.contains(reason), "\(found)")
  }

  @Test("a disk that is full is one line, and nothing is half stored")
  func full() async throws {
    let directory = try temporaryDirectory()
    try Mount.tmpfs(at: directory, options: "size=64k")
    defer { try? Mount.remove(directory) }
    let registry = try await SmallRegistry()
    let store = try SmallRegistry.store(directory)
    let rest = directory + "/rest"
    try Data().write(to: URL(fileURLWithPath: rest))
    let handle = try #require(FileHandle(forWritingAtPath: rest))
    while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
    try? handle.close()
    let full = await #expect(throws: ImageError.self) {
      try await store.ensure(node: "n", image: registry.image(), pull: .ifNotPresent)
    }
    #expect(full?.description.contains("No space left on device") == true, "\(full?.description ?? "")")
    #expect(store.pulling.isEmpty)
    try FileManager.default.removeItem(atPath: rest)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/tmp").isEmpty)
    _ = try await store.ensure(node: "n", image: registry.image(), pull: .ifNotPresent)
  }

  @Test("a layer comes packed as it is")
  func packed() async throws { #expect(try await outcome(.init(layer: .gzip)).reason == "it was pulled") }

  @Test("who wants what is being pulled waits for it; what is here is not fetched again")
  func once() async throws {
    let registry = try await SmallRegistry(.init(holdsLayer: true))
    let store = try SmallRegistry.store()
    let image = registry.image()
    let pulls = await withTaskGroup(of: Bool.self) { group in
      let begun = AsyncStream<Void>.makeStream()
      for node in ["a", "b", "c"] {
        group.addTask {
          let found = try? await store.ensure(node: node, image: image, pull: .ifNotPresent) { _ in begun.continuation.yield() }
          return found.map { if case .pulled = $0.origin { true } else { false } } ?? false
        }
      }
      var waiting = begun.stream.makeAsyncIterator()
      for _ in 0..<3 { await waiting.next() }
      // A layer is on its way: that is what the status tells.
      while !store.pulling.contains(where: { $0.contains("0 of 1 layers") }) { await Task.yield() }
      registry.letGo()
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(pulls == [true, true, true])
    #expect(registry.paths.count { $0.contains("/blobs/") } == 2)
    _ = try await store.ensure(node: "d", image: image, pull: .ifNotPresent)
    #expect(registry.paths.count { $0.contains("/blobs/") } == 3)
    #expect(["a", "b", "c", "d"].allSatisfy { store.list(node: $0).count == 1 } && store.pulling.isEmpty)
  }
}
