import CoreNode
import CoreObjects
import Foundation
import TestMachine
import Testing

@testable import EdgeImages

private let base = tar([
  .directory("etc"), .file("etc/name", "base"), .file("bin/tool", "#!", mode: 0o4755), .link("sh", to: "bin/tool"),
])
private let upper = tar([.file("etc/name", "upper"), .hardLink("etc/same", to: "etc/name")])

@Suite("Archives of images are loaded, whoever wrote them")
struct ImageArchiveTests {
  @Test("a docker archive gives the image its configuration and its layers in order, on the nodes that were named")
  func docker() throws {
    let scratch = try Scratch()
    let config: JSON = [
      "Entrypoint": ["/e"], "Cmd": ["c", "d"], "Env": ["A=1", "B=2"], "WorkingDir": "/w", "User": "1000:10",
      "StopSignal": "SIGQUIT",
    ]
    let archive = tar(try dockerArchive([("app:test", [base, upper])], config: config))
    let loaded = try scratch.load(archive, nodes: ["one", "two"])
    let expected = try sha256(try configuration(layers: [base, upper], config))
    #expect(
      loaded == [LoadedImage(names: ["docker.io/library/app:test"], id: expected, nodes: ["one", "two"], nodesThatHadIt: [])])

    let image = try scratch.prepared("app:test", node: "two")
    #expect(image.id == expected)
    #expect(image.entrypoint == ["/e"])
    #expect(image.command == ["c", "d"])
    #expect(image.environment == ["A=1", "B=2"])
    #expect(image.workingDirectory == "/w")
    #expect(image.user == "1000:10")
    #expect(image.stopSignal == "SIGQUIT")
    #expect(image.layerDirectories.count == 2)
    #expect(try String(contentsOfFile: image.layerDirectories[0] + "/etc/name", encoding: .utf8) == "base")
    #expect(try String(contentsOfFile: image.layerDirectories[1] + "/etc/same", encoding: .utf8) == "upper")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: image.layerDirectories[0] + "/sh") == "bin/tool")
    let attributes = try FileManager.default.attributesOfItem(atPath: image.layerDirectories[0] + "/bin/tool")
    #expect(attributes[.posixPermissions] as? Int == 0o4755)
    #expect(try scratch.store.present(node: "three", image: "app:test") == nil)
  }

  @Test("loading again says which nodes had the image")
  func again() throws {
    let scratch = try Scratch()
    let archive = tar(try dockerArchive([("app:test", [base])]))
    _ = try scratch.load(archive, nodes: ["one"])
    #expect(try scratch.load(archive, nodes: ["one", "two"])[0].nodesThatHadIt == ["one"])
  }

  @Test("an archive may itself be compressed", arguments: Compression.allCases)
  func compressed(compression: Compression) throws {
    let scratch = try Scratch()
    #expect(try scratch.load(tar(try dockerArchive([("app:test", [base])]), compression)).count == 1)
  }

  @Test("a layer may be compressed; its digest is that of the plain tar", arguments: ["gzip", "zstd", "xz"])
  func compressedLayer(program: String) throws {
    let scratch = try Scratch()
    let archive = try dockerArchive([("app:test", [base])]) { layer in
      let file = scratch.path + "/layer"
      try Data(layer).write(to: URL(fileURLWithPath: file))
      try run("/usr/bin/" + program, "-k", "-f", file)
      return Array(try Data(contentsOf: URL(fileURLWithPath: file + ["gzip": ".gz", "zstd": ".zst", "xz": ".xz"][program]!)))
    }
    _ = try scratch.load(tar(archive))
    let image = try scratch.prepared("app:test")
    #expect(try String(contentsOfFile: image.layerDirectories[0] + "/etc/name", encoding: .utf8) == "base")
  }

  @Test("several images in one archive share the layers that are equal, also where a link stands for one")
  func several() throws {
    let scratch = try Scratch()
    var members = try dockerArchive([("a:1", [base]), ("b:1", [base, upper]), (nil, [upper])])
    let place = try #require(members.firstIndex { $0.path == "image1/layer0/layer.tar" })
    members[place] = .link("image1/layer0/layer.tar", to: "../../image0/layer0/layer.tar")
    #expect(try scratch.load(tar(members)).map(\.names) == [["docker.io/library/a:1"], ["docker.io/library/b:1"], []])
    #expect(scratch.kept.filter { $0.hasPrefix("layers/") }.count == 2)
    #expect(scratch.store.list(node: "node").map(\.names) == [["docker.io/library/a:1"], ["docker.io/library/b:1"], []])
  }

  @Test("an OCI layout is read through nested indexes; other platforms and attestations are passed over")
  func oci() throws {
    let scratch = try Scratch()
    let layer = try Blob(base, type: "application/vnd.oci.image.layer.v1.tar")
    let config = try Blob(try configuration(layers: [base]), type: "application/vnd.oci.image.config.v1+json")
    let manifestTree: JSON = ["schemaVersion": 2, "config": config.descriptor, "layers": [layer.descriptor]]
    var manifest = try Blob(manifestTree.encoded(), type: "application/vnd.oci.image.manifest.v1+json")
    manifest.descriptor["platform"] = ["os": "linux", "architecture": .string(machine)]
    var foreign: JSON = ["digest": .string("sha256:" + String(repeating: "1", count: 64)), "size": 1]
    foreign["platform"] = ["os": "linux", "architecture": "s390x"]
    var attestation = foreign
    attestation["platform"] = ["os": "unknown", "architecture": "unknown"]
    let innerTree: JSON = ["schemaVersion": 2, "manifests": [foreign, manifest.descriptor, attestation]]
    var inner = try Blob(innerTree.encoded(), type: "application/vnd.oci.image.index.v1+json")
    inner.descriptor["annotations"] = [
      "io.containerd.image.name": "docker.io/library/app:oci", "org.opencontainers.image.ref.name": "oci",
    ]
    let index: JSON = ["schemaVersion": 2, "manifests": [inner.descriptor]]
    let members: [TarMember] = [
      .file("oci-layout", "{}"), TarMember(path: "index.json", bytes: index.encoded()), layer.member, config.member,
      manifest.member, inner.member,
    ]
    let loaded = try scratch.load(tar(members))
    #expect(loaded.map(\.names) == [["docker.io/library/app:oci"]])
    #expect(try scratch.prepared("app:oci").layerDirectories.count == 1)
  }

  @Test("what a newer image takes the name of stays on the node, nameless, until it is removed")
  func renamed() throws {
    let scratch = try Scratch()
    let old = try scratch.load(tar(try dockerArchive([("app:test", [base])])))[0].id
    let new = try scratch.load(tar(try dockerArchive([("app:test", [upper])])))[0].id
    #expect(try scratch.prepared("app:test").id == new)
    #expect(Set(scratch.store.list(node: "node").map(\.id)) == [old, new])
    #expect(try scratch.prepared(old).id == old)
    try scratch.store.remove(old, node: "node")
    #expect(scratch.store.list(node: "node").map(\.id) == [new])
    #expect(scratch.kept.filter { $0.hasPrefix("layers/") }.count == 1)
  }

  @Test("removing the last name frees the disk, but not while a container runs from the image or another node has it")
  func removal() throws {
    let scratch = try Scratch()
    let id = try scratch.load(tar(try dockerArchive([("app:test", [base])])), nodes: ["one", "two"])[0].id
    #expect(throws: ImageError.inUse("app:test")) { try scratch.store.remove("app:test", node: "one", inUse: [id]) }
    try scratch.store.remove("app:test", node: "one")
    #expect(try scratch.prepared("app:test", node: "two").id == id)
    #expect(throws: ImageError.notFound("app:test")) { try scratch.store.remove("app:test", node: "one") }
    try scratch.store.remove("app:test", node: "two")
    #expect(scratch.kept.isEmpty)
  }

  @Test("images are there after a restart, and two processes cannot share a store")
  func restart() throws {
    let path = NSTemporaryDirectory() + "images-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = path + ".tar"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data(tar(try dockerArchive([("app:test", [base])]))).write(to: URL(fileURLWithPath: file))
    do {
      let store = try ImageStore(directory: path)
      _ = try store.load(archive: file, nodes: ["one"])
      #expect(throws: ImageError.self) { try ImageStore(directory: path) }
    }
    let images = try ImageStore(directory: path).list(node: "one")
    #expect(images.map(\.names) == [["docker.io/library/app:test"]])
    #expect(images[0].sizeBytes > 1000)
  }
}

@Suite("A store's lock")
struct ImageLockTests {
  @Test("is free once the store is closed, although a child between fork and exec still holds its file")
  func copied() throws {
    let path = NSTemporaryDirectory() + "images-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    var store: ImageStore? = try ImageStore(directory: path)
    #expect(store != nil)
    let copy = try #require(copyOfDescriptor(onFile: path + "/lock"))
    defer { close(copy) }
    #expect(throws: ImageError.self) { try ImageStore(directory: path) }
    store = nil
    _ = try ImageStore(directory: path)
  }
}

@Suite("An image is looked for as its pull policy says")
struct PullPolicyTests {
  @Test("Never with a missing image is ErrImageNeverPull; a present one is found by any form of its name")
  func never() async throws {
    let scratch = try Scratch()
    let id = try scratch.load(tar(try dockerArchive([("app:test", [base])])))[0].id
    for name in ["app:test", "docker.io/library/app:test", "library/app:test", id, String(id.dropFirst(7).prefix(12))] {
      let (facts, image, _) = try await scratch.store.ensure(node: "node", image: name, pull: .never)
      #expect(image.id == id)
      #expect(facts.names == ["docker.io/library/app:test"])
    }
    let error = await #expect(throws: ImageError.self) {
      try await scratch.store.ensure(node: "other", image: "app:test", pull: .never)
    }
    #expect(error == .neverPull("app:test"))
    #expect(error?.reason == .neverPull)
  }

  @Test("IfNotPresent asks the registry only for what is missing; Always asks every time")
  func pulls() async throws {
    let asked = Asked()
    let registry = RegistryClient { (request) throws(ImageError) in
      await asked.add(request.reference.description)
      return offer(base, in: request.scratch)
    }
    let scratch = try Scratch(registry: registry)
    for pull in [ImagePull.ifNotPresent, .ifNotPresent, .always] {
      let (facts, _, _) = try await scratch.store.ensure(node: "node", image: "tools:1", pull: pull)
      #expect(facts.names == ["docker.io/library/tools:1"])
    }
    #expect(await asked.names == ["docker.io/library/tools:1", "docker.io/library/tools:1"])
    #expect(!scratch.kept.contains { $0.hasPrefix("tmp/") })
  }

  @Test("where a registry cannot be asked, Always takes what is there and says why; where it refuses, it does not")
  func unasked() async throws {
    let asked = Asked()
    let registry = RegistryClient { (request) throws(ImageError) in
      await asked.add(request.reference.description)
      switch await asked.names.count {
      case 1:
        return offer(base, in: request.scratch)
      case 2: throw .registryUnreachable(request.reference.description, reason: "nobody answers")
      default: throw .pullFailed(request.reference.description, reason: "there is no such tag")
      }
    }
    let scratch = try Scratch(registry: registry)
    let first = try await scratch.store.ensure(node: "node", image: "tools:1", pull: .always)
    let second = try await scratch.store.ensure(node: "node", image: "tools:1", pull: .always)
    #expect(second.origin == .unasked(reason: "nobody answers") && first.facts == second.facts)
    await #expect(throws: ImageError.pullFailed("docker.io/library/tools:1", reason: "there is no such tag")) {
      try await scratch.store.ensure(node: "node", image: "tools:1", pull: .always)
    }
  }

  @Test("without a registry a missing image is ErrImagePull, and the message says what to do")
  func unreachable() async throws {
    let scratch = try Scratch()
    let error = await #expect(throws: ImageError.self) {
      try await scratch.store.ensure(node: "n", image: "x:1", pull: .ifNotPresent)
    }
    #expect(error?.reason == .pull)
    #expect(error?.description.contains("load image-archive") == true)
    #expect(scratch.kept.isEmpty)
    let invalid = await #expect(throws: ImageError.self) {
      try await scratch.store.ensure(node: "n", image: "X:1", pull: .never)
    }
    #expect(invalid?.reason == .invalidName)
  }
}

/// An image of one layer, as a registry gives it.
private func offer(_ layer: [UInt8], in scratch: String) -> PulledImage {
  try? Data(layer).write(to: URL(fileURLWithPath: scratch + "/layer"))
  return PulledImage(
    OfferedImage(
      configuration: (try? configuration(layers: [layer])) ?? [], layers: [OfferedLayer(file: scratch + "/layer", digest: nil)],
      names: []))
}

private actor Asked {
  private(set) var names: [String] = []
  func add(_ name: String) { names.append(name) }
}
