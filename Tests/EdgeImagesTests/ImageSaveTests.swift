import CoreNode
import EdgeLinux
import Foundation
import TestMachine
import Testing

@testable import EdgeImages

@Suite("Images leave a cluster", .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
struct ImageSaveTests {
  private let base = tar([.directory("etc"), .file("etc/name", "base"), .hardLink("etc/same", to: "etc/name")])

  private func path() throws -> String { try newDirectory() + "/image.tar" }

  @Test("an image that is saved is the same one where it is loaded again, with the name that was asked for, in both layouts")
  func saves() throws {
    let scratch = try Scratch()
    let id = try scratch.load(tar(try dockerArchive([("app:test", [base]), ("app:other", [base])])))[0].id
    let file = try path()
    let saved = try scratch.store.save("app:test", from: ["node"], to: file)
    #expect(saved.id == id && saved.bytes == Files.size(file))
    for layout in ["manifest.json", "index.json"] {
      let other = try Scratch()
      let archive = try without(layout == "manifest.json" ? "index.json" : "manifest.json", file)
      let loaded = try other.store.load(archive: archive, nodes: ["n"])
      #expect(Set(loaded.map(\.id)) == [id], "\(layout)")
      #expect(other.store.list(node: "n").flatMap(\.names) == ["docker.io/library/app:test"], "\(layout)")
    }
    #expect(scratch.kept.allSatisfy { !$0.hasPrefix("tmp/") })
  }

  @Test("an image that is saved by its ID has no name, as docker has it")
  func byID() throws {
    let scratch = try Scratch()
    let id = try scratch.load(tar(try dockerArchive([("app:test", [base])])))[0].id
    let file = try path()
    _ = try scratch.store.save(id, from: ["node"], to: file)
    let other = try Scratch()
    #expect(try other.store.load(archive: file, nodes: ["n"]).map(\.id) == [id])
    #expect(other.store.list(node: "n").flatMap(\.names) == [])
  }

  /// The archive without one of its members.
  private func without(_ member: String, _ file: String) throws -> String {
    let copy = try path()
    try FileManager.default.copyItem(atPath: file, toPath: copy)
    try run("/bin/tar", "--delete", "-f", copy, member)
    return copy
  }

  @Test("an image that was packed here, and never was an archive, has the digest that it always had")
  func packed() throws {
    let scratch = try Scratch()
    var recipe = ImageRecipe(name: "tool:1")
    try recipe.add("/a/long/way/file", text: "content", mode: 0o640)
    try recipe.add("/bin/link", .link(to: "../a/long/way/file"))
    let id = try ImagePacker(recipe).pack(into: scratch.store, nodes: ["node"]).id
    let file = try path()
    _ = try scratch.store.save("tool:1", from: ["node"], to: file)
    let other = try Scratch()
    let loaded = try other.store.load(archive: file, nodes: ["n"])
    #expect(loaded.map(\.id) == [id])
  }

  @Test("what is not there is not saved, and nothing is left of an archive that cannot be written")
  func failures() throws {
    let scratch = try Scratch()
    #expect(throws: ImageError.notFound("app:test")) { try scratch.store.save("app:test", from: ["node"], to: path()) }
    _ = try scratch.load(tar(try dockerArchive([("app:test", [base])])))
    #expect(throws: ImageError.self) { try scratch.store.save("app:test", from: ["node"], to: "/nowhere/image.tar") }
    let directory = try newDirectory()
    try FileManager.default.createDirectory(atPath: directory + "/image.tar", withIntermediateDirectories: false)
    #expect(throws: ImageError.self) { try scratch.store.save("app:test", from: ["node"], to: directory + "/image.tar") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["image.tar"])
  }

  @Test(
    "skopeo reads what was saved, as docker's and as OCI's",
    .enabled(if: Files.program("skopeo") != nil, "skopeo is not installed"))
  func skopeo() throws {
    let scratch = try Scratch()
    let id = try scratch.load(tar(try dockerArchive([("app:test", [base])])))[0].id
    let file = try path()
    _ = try scratch.store.save("app:test", from: ["node"], to: file)
    for place in ["docker-archive:\(file)", "oci-archive:\(file)"] {
      let manifest = try run("/usr/bin/skopeo", "inspect", "--raw", place)
      #expect(manifest.contains(id), "\(place): \(manifest)")
    }
  }

  @Test("what no pod has is taken away with its content, and the bytes are told")
  func prunes() throws {
    let scratch = try Scratch()
    let kept = try scratch.load(tar(try dockerArchive([("app:test", [base])])))[0].id
    _ = try scratch.load(tar(try dockerArchive([("app:old", [base, tar([.file("x", "x")])])])))
    let before = try scratch.store.prune(["node": ["app:test", "app:old"]])
    #expect(before == PrunedImages(names: [], bytes: 0))
    let pruned = try scratch.store.prune(["node": ["app:test"]])
    #expect(pruned.names == ["docker.io/library/app:old"] && pruned.bytes > 0)
    #expect(scratch.store.list(node: "node").map(\.id) == [kept])
    // By its identifier, as a container's status has it.
    #expect(try scratch.store.prune(["node": [kept]]).names == [])
    #expect(try scratch.store.prune(["node": []]).names == ["docker.io/library/app:test"])
    #expect(scratch.kept.isEmpty)
  }
}

private func newDirectory() throws -> String {
  let path = NSTemporaryDirectory() + "saved-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}
