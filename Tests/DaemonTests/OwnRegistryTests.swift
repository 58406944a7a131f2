import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeLinux
import Foundation
import TestMachine
import Testing

@testable import EdgeImages

private let loops = EventLoop.group(1)

/// A store with its own registry on a port.
private final class Bench {
  let store: ImageStore
  let server: HTTPServer
  let origin: HTTPOrigin
  let client = HTTPClient(tls: nil, patience: .seconds(10))
  var port: UInt16 { origin.port }

  init(_ directory: String? = nil, limits: UnpackLimits = UnpackLimits(), silence: Duration = .seconds(10)) throws {
    store = try ImageStore(directory: try directory ?? temporaryDirectory(), limits: limits)
    var configuration = store.ownRegistry.server { [store] in store.collectGarbage() }
    configuration.limits.bodySilence = silence
    server = HTTPServer(configuration, loops: loops)
    let port = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0)).port
    store.ownRegistry.serve(at: port)
    origin = HTTPOrigin(isTLS: false, host: "127.0.0.1", port: port)
  }

  func send(_ method: HTTPMethod, _ target: String, _ body: [UInt8] = [], _ headers: HTTPHeaders = [:]) async throws
    -> HTTPClientResponse
  {
    try await client.send(HTTPClientRequest(method, target, headers: headers, body: body), to: origin)
  }

  func code(_ answer: HTTPClientResponse) -> String {
    (try? JSONParser.parse(answer.body))?["errors"][0]["code"].string ?? ""
  }

  /// In one piece, after the upload was begun.
  @discardableResult
  func push(_ blob: [UInt8], to name: String = "app") async throws -> String {
    let begun = try await send(.post, "/v2/\(name)/blobs/uploads/")
    let place = try #require(begun.headers["location"])
    let digest = Digest.of(blob)
    let answer = try await send(.put, place + "?digest=" + digest, blob)
    #expect(begun.status == 202 && answer.status == 201 && answer.headers["docker-content-digest"] == digest)
    return digest
  }

  /// A manifest of these blobs under a tag.
  @discardableResult
  func pushImage(_ tag: String, layer: [UInt8], to name: String = "app", more: JSON = [:]) async throws -> String {
    let configuration: JSON = [
      "architecture": .string(ImageArchive.architecture), "os": "linux", "config": ["Cmd": ["/hello"]],
      "rootfs": ["type": "layers", "diff_ids": [.string(Digest.of(layer))]],
    ]
    let config = try await push(configuration.encoded(), to: name)
    let digest = try await push(layer, to: name)
    var manifest: JSON = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": ["digest": .string(config), "mediaType": "application/vnd.oci.image.config.v1+json"],
      "layers": [["digest": .string(digest), "size": .int(Int64(layer.count))]],
    ]
    manifest.merge(more)
    let answer = try await send(.put, "/v2/\(name)/manifests/\(tag)", manifest.encoded())
    #expect(answer.status == 201)
    return answer.headers["docker-content-digest"] ?? ""
  }
}

/// A tar with a file.
private func tar(_ content: String) async throws -> [UInt8] {
  let directory = try temporaryDirectory()
  try content.write(toFile: directory + "/hello", atomically: true, encoding: .utf8)
  _ = try await Program.run("/bin/tar", ["-cf", "layer.tar", "hello"], in: directory)
  return [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/layer.tar")))
}

@Suite("The cluster's own registry", .timeLimit(.minutes(1)))
struct OwnRegistryTests {
  @Test("it says that it is a registry, and what no path of one is")
  func root() async throws {
    let bench = try Bench()
    let root = try await bench.send(.get, "/v2/")
    #expect(root.status == 200 && root.headers["docker-distribution-api-version"] == "registry/2.0")
    #expect(try await bench.send(.get, "/v1/").status == 404)
    #expect(try await bench.send(.get, "/v2/a/b").status == 404)
    let name = try await bench.send(.get, "/v2/Bad/tags/list")
    #expect(name.status == 400 && bench.code(name) == "NAME_INVALID")
    #expect(try await bench.send(.post, "/v2/a/tags/list").status == 405)
  }

  @Test("what was pushed comes back with the same bytes, whole, as a part, or only as its head")
  func blobs() async throws {
    let bench = try Bench()
    let blob = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let digest = try await bench.push(blob, to: "team/app.1/x")
    let place = "/v2/team/app.1/x/blobs/\(digest)"
    let whole = try await bench.send(.get, place)
    #expect(whole.body == blob && whole.headers["content-length"] == "300000")
    let head = try await bench.send(.head, place)
    #expect(head.status == 200 && head.headers["content-length"] == "300000" && head.body.isEmpty)
    for (range, expected) in [
      ("bytes=10-19", blob[10..<20]), ("bytes=299990-", blob[299_990...]), ("bytes=-5", blob[299_995...]),
    ] {
      let part = try await bench.send(.get, place, [], ["range": range])
      #expect(part.status == 206 && part.body == Array(expected), "\(range)")
    }
    #expect(try await bench.send(.get, place, [], ["range": "bytes=300000-"]).status == 416)
    let unknown = try await bench.send(.get, "/v2/app/blobs/" + Digest.of([1]))
    #expect(unknown.status == 404 && bench.code(unknown) == "BLOB_UNKNOWN")
    #expect(try await bench.send(.get, "/v2/app/blobs/sha256:..").status == 400)
    #expect(try await bench.send(.delete, place).status == 405)
  }

  @Test("a blob comes in one request, in pieces, or from another repository")
  func uploads() async throws {
    let bench = try Bench()
    let blob = Array(repeating: UInt8(7), count: 100_000)
    let digest = Digest.of(blob)
    let begun = try await bench.send(.post, "/v2/app/blobs/uploads/")
    let place = try #require(begun.headers["location"])
    let first = try await bench.send(.patch, place, Array(blob[..<60_000]), ["content-range": "0-59999"])
    #expect(first.status == 202 && first.headers["range"] == "0-59999")
    let wrong = try await bench.send(.patch, place, [1], ["content-range": "5-5"])
    #expect(wrong.status == 416 && wrong.headers["range"] == "0-59999")
    let state = try await bench.send(.get, place)
    #expect(state.status == 204 && state.headers["range"] == "0-59999")
    #expect(try await bench.send(.patch, place, Array(blob[60_000..<90_000])).status == 202)
    let last = try await bench.send(.put, place + "?digest=" + digest, Array(blob[90_000...]))
    #expect(last.status == 201)
    #expect(try await bench.send(.get, place).status == 404)
    let mounted = try await bench.send(.post, "/v2/other/blobs/uploads/?mount=\(digest)&from=app")
    #expect(mounted.status == 201 && mounted.headers["location"] == "/v2/other/blobs/\(digest)")
    #expect(try await bench.send(.post, "/v2/other/blobs/uploads/?mount=\(Digest.of([9]))&from=app").status == 202)
    let other = Digest.of([4, 2])
    #expect(try await bench.send(.post, "/v2/app/blobs/uploads/?digest=\(other)", [4, 2]).status == 201)
    #expect(try await bench.send(.get, "/v2/app/blobs/\(other)").body == [4, 2])
  }

  @Test("what has another digest, or is too large, or too many, is refused and leaves nothing")
  func refusals() async throws {
    var limits = UnpackLimits()
    limits.bytes = 1000
    let directory = try temporaryDirectory()
    let bench = try Bench(directory, limits: limits)
    func begin() async throws -> HTTPClientResponse { try await bench.send(.post, "/v2/app/blobs/uploads/") }
    let first = try await begin().headers["location"] ?? ""
    let wrong = try await bench.send(.put, first + "?digest=" + Digest.of([1]), [2])
    #expect(wrong.status == 400 && bench.code(wrong) == "DIGEST_INVALID")
    let large = try await begin().headers["location"] ?? ""
    let refused = try await bench.send(.patch, large, Array(repeating: 1, count: 1001))
    #expect(refused.status == 400 && bench.code(refused) == "SIZE_INVALID")
    #expect(try await bench.send(.delete, large).status == 204)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/uploads").isEmpty)
    for _ in 0..<OwnRegistry.uploadLimit { _ = try await begin() }
    #expect(try await begin().status == 429)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/blobs/sha256").isEmpty)
  }

  @Test("pruning takes what no tag leads to, and not what a pod names by its digest")
  func pruning() async throws {
    let bench = try Bench()
    var digests: [String] = []
    for byte: UInt8 in 1...3 { digests.append(try await bench.pushImage("1", layer: [byte])) }
    _ = try bench.store.prune(["node": ["\(bench.origin)/app@\(digests[0])"]])
    for (digest, isThere) in zip(digests, [true, false, true]) {
      #expect(try await bench.send(.get, "/v2/app/manifests/\(digest)").status == (isThere ? 200 : 404))
    }
    let layer = try await bench.send(.get, "/v2/app/blobs/" + Digest.of([1]))
    #expect(layer.body == [1])
  }

  @Test("a disk that is full is one clear answer, and leaves nothing", .enabled(if: Requirement.met(.root), "mounts"))
  func full() async throws {
    let directory = try temporaryDirectory()
    try Mount.tmpfs(at: directory, options: "size=64k")
    defer { try? Mount.remove(directory) }
    let bench = try Bench(directory)
    let blob = Array(repeating: UInt8(1), count: 100_000)
    let answer = try await bench.send(.post, "/v2/app/blobs/uploads/?digest=" + Digest.of(blob), blob)
    #expect(answer.status == 507 && String(decoding: answer.body, as: UTF8.self).contains("No space left on device"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/uploads").isEmpty)
    try await bench.push([1, 2, 3])
  }

  @Test("a client that goes silent in the middle of a blob is not waited for, and can go on")
  func silence() async throws {
    let bench = try Bench(silence: .milliseconds(100))
    let place = try await bench.send(.post, "/v2/app/blobs/uploads/").headers["location"] ?? ""
    var request = HTTPClientRequest(.patch, place)
    let body = ByteStream()
    request.stream = body
    request.length = 100
    body.offer([1, 2, 3])
    let broken = try await bench.client.send(request, to: bench.origin)
    #expect(broken.status == 400 && bench.code(broken) == "SIZE_INVALID")
    let state = try await bench.send(.get, place)
    #expect(state.headers["range"] == "0-2")
  }

  @Test("a manifest is taken when all that it names is there, and found by its tag and its digest")
  func manifests() async throws {
    let bench = try Bench()
    let digest = try await bench.pushImage("1", layer: [1, 2, 3])
    for reference in ["1", digest] {
      let found = try await bench.send(.get, "/v2/app/manifests/\(reference)")
      #expect(found.status == 200 && Digest.of(found.body) == digest && found.headers["docker-content-digest"] == digest)
      #expect(found.headers["content-type"] == "application/vnd.oci.image.manifest.v1+json")
      let head = try await bench.send(.head, "/v2/app/manifests/\(reference)")
      #expect(head.headers["content-length"] == String(found.body.count) && head.body.isEmpty)
    }
    let missing: JSON = ["schemaVersion": 2, "config": ["digest": .string(Digest.of([9]))], "layers": []]
    for (body, reference, code) in [
      (missing.encoded(), "2", "MANIFEST_BLOB_UNKNOWN"), ([1], "2", "MANIFEST_INVALID"),
      (Array(#"{"schemaVersion": 1}"#.utf8), "2", "MANIFEST_INVALID"), (missing.encoded(), "-", "MANIFEST_INVALID"),
      (missing.encoded(), Digest.of([1]), "DIGEST_INVALID"),
    ] {
      let answer = try await bench.send(.put, "/v2/app/manifests/\(reference)", body)
      #expect(bench.code(answer) == code)
    }
    #expect(try await bench.send(.get, "/v2/app/manifests/2").status == 404)
  }

  @Test("names and tags are listed in pages")
  func lists() async throws {
    let bench = try Bench()
    for tag in ["b", "a", "c"] { try await bench.pushImage(tag, layer: [1]) }
    try await bench.pushImage("1", layer: [1], to: "team/other")
    func list(_ target: String, _ key: Key) async throws -> (names: [String], next: String?) {
      let answer = try await bench.send(.get, target)
      return (try JSONParser.parse(answer.body)[key].elements.compactMap(\.string), answer.headers["link"])
    }
    #expect(try await list("/v2/_catalog", "repositories").names == ["app", "team/other"])
    let first = try await list("/v2/app/tags/list?n=2", "tags")
    #expect(first.names == ["a", "b"] && first.next == "</v2/app/tags/list?n=2&last=b>; rel=\"next\"")
    let second = try await list("/v2/app/tags/list?n=2&last=b", "tags")
    #expect(second.names == ["c"] && second.next == nil)
    #expect(try await bench.send(.get, "/v2/none/tags/list").status == 404)
    for wrong in ["-1", "two", ""] { #expect(try await bench.send(.get, "/v2/_catalog?n=\(wrong)").status == 400) }
  }

  @Test("what speaks of an image is found by it")
  func referrers() async throws {
    let bench = try Bench()
    let image = try await bench.pushImage("1", layer: [1])
    let more: JSON = [
      "subject": ["digest": .string(image)], "artifactType": "application/x.sbom", "annotations": ["a": "b"],
    ]
    let about = try await bench.pushImage("about", layer: [2], more: more)
    let found = try JSONParser.parse(try await bench.send(.get, "/v2/app/referrers/\(image)").body)["manifests"]
    #expect(found.elements.count == 1 && found[0]["digest"].string == about && found[0]["annotations"]["a"].string == "b")
    let other = try await bench.send(.get, "/v2/app/referrers/\(image)?artifactType=application/x.other")
    #expect(try JSONParser.parse(other.body)["manifests"].elements.isEmpty)
    #expect(other.headers["oci-filters-applied"] == "artifactType")
  }

  @Test("what is deleted goes from the disk, and what another manifest needs stays; all of it is there after a restart")
  func deletes() async throws {
    let directory = try temporaryDirectory()
    var bench = try Bench(directory)
    let first = try await bench.pushImage("1", layer: [1])
    try await bench.pushImage("2", layer: [2])
    try await bench.pushImage("3", layer: [2], to: "other")
    bench.store.release()
    bench = try Bench(directory)
    let kept = [Digest.of([2])]
    #expect(try await bench.send(.delete, "/v2/app/manifests/2").status == 202)
    #expect(try await bench.send(.get, "/v2/app/manifests/2").status == 404)
    #expect(try await bench.send(.delete, "/v2/app/manifests/\(first)").status == 202)
    #expect(try await bench.send(.get, "/v2/app/manifests/1").status == 404)
    #expect(try await bench.send(.delete, "/v2/app/manifests/\(first)").status == 404)
    #expect(!FileManager.default.fileExists(atPath: bench.store.content.blobPath(Digest.of([1]))))
    for digest in kept { #expect(try await bench.send(.get, "/v2/other/blobs/\(digest)").status == 200) }
  }

  @Test(
    "a pod's image is taken from it without a pull over the wire, by tag, digest or index",
    .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
  func pods() async throws {
    let bench = try Bench()
    let layer = try await tar("hello")
    let digest = try await bench.pushImage("1", layer: layer)
    let index: JSON = [
      "schemaVersion": 2, "mediaType": .string(ImageManifest.index),
      "manifests": [
        ["digest": .string(digest), "platform": ["os": "linux", "architecture": .string(ImageArchive.architecture)]]
      ],
    ]
    #expect(try await bench.send(.put, "/v2/app/manifests/all", index.encoded()).status == 201)
    // The store's registry is one that reaches nobody.
    for name in ["app:1", "app@\(digest)", "app:all"] {
      let found = try await bench.store.ensure(node: "n", image: "localhost:\(bench.port)/\(name)", pull: .always)
      #expect(try String(contentsOfFile: found.prepared.layerDirectories[0] + "/hello", encoding: .utf8) == "hello")
    }
    let second = try await tar("changed")
    try await bench.pushImage("1", layer: second)
    let changed = try await bench.store.ensure(node: "n", image: "127.0.0.1:\(bench.port)/app:1", pull: .ifNotPresent)
    #expect(try String(contentsOfFile: changed.prepared.layerDirectories[0] + "/hello", encoding: .utf8) == "changed")
    let error = await #expect(throws: ImageError.self) {
      try await bench.store.ensure(node: "n", image: "localhost:\(bench.port)/app:none", pull: .ifNotPresent)
    }
    #expect(error?.description.contains("nothing was pushed") == true)
  }

  @Test("what nodes have pulled is not given away by it", .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
  func foreign() async throws {
    let bench = try Bench()
    let layer = try await tar("private")
    let directory = try temporaryDirectory()
    try Data(layer).write(to: URL(fileURLWithPath: directory + "/layer"))
    let configuration: JSON = ["rootfs": ["diff_ids": [.string(Digest.of(layer))]]]
    let image = OfferedImage(
      configuration: configuration.encoded(), layers: [OfferedLayer(file: bench.store.content.directory + "/tmp/l")],
      names: ["a:1"])
    try Data(layer).write(to: URL(fileURLWithPath: bench.store.content.directory + "/tmp/l"))
    _ = try bench.store.add([image], what: "test", nodes: ["n"])
    #expect(FileManager.default.fileExists(atPath: bench.store.content.blobPath(Digest.of(layer))))
    #expect(try await bench.send(.head, "/v2/app/blobs/\(Digest.of(layer))").status == 404)
    // Whoever pushes it has it, and it is stored once.
    try await bench.push(layer)
    #expect(try await bench.send(.head, "/v2/app/blobs/\(Digest.of(layer))").status == 200)
  }
}
