import CoreObjects
import Foundation
import Testing

@testable import EdgeImages

@Suite("A bad archive is refused, says why, and leaves nothing behind")
struct HostileArchiveTests {
  private func refusal(_ bytes: [UInt8], limits: UnpackLimits = UnpackLimits(), sees: String) throws {
    let scratch = try Scratch(limits: limits)
    let good = tar([.file("x", "y")])
    _ = try scratch.load(tar(try dockerArchive([("good:1", [good])])))
    let before = Set(scratch.kept)
    let error = #expect(throws: ImageError.self) { try scratch.load(bytes) }
    guard case .badArchive = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(error?.description.contains(sees) == true, "\(error as Any)")
    #expect(Set(scratch.kept) == before)
    #expect(scratch.store.list(node: "node").count == 1)
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/evil"))
  }

  private func refusalOfLayer(_ members: [TarMember], limits: UnpackLimits = UnpackLimits(), sees: String) throws {
    try refusal(tar(try dockerArchive([("bad:1", [tar([.file("fine", "1")]), tar(members)])])), limits: limits, sees: sees)
  }

  @Test("a layer's path with .. is refused")
  func dotDot() throws { try refusalOfLayer([.file("a/../../../evil", "x")], sees: "leads out of the image") }

  @Test("a layer's absolute path is refused")
  func absolute() throws { try refusalOfLayer([.file("/tmp/evil", "x")], sees: "absolute path") }

  @Test("a file through a link is refused, wherever the link leads", arguments: ["/tmp", "../../..", "etc", "/"])
  func throughLink(target: String) throws {
    try refusalOfLayer([.directory("etc"), .link("way", to: target), .file("way/evil", "x")], sees: "goes through \"way\"")
  }

  @Test("a whiteout through a link is refused")
  func whiteoutThroughLink() throws {
    try refusalOfLayer([.link("way", to: "/tmp"), .file("way/.wh.x", "")], sees: "goes through")
  }

  @Test("a hard link to what is outside, or through a link, or missing, is refused")
  func hardLinks() throws {
    try refusalOfLayer([.hardLink("passwd", to: "../../../../etc/passwd")], sees: "leads out of the image")
    try refusalOfLayer([.hardLink("passwd", to: "/etc/passwd")], sees: "absolute path")
    try refusalOfLayer([.link("etc", to: "/etc"), .hardLink("passwd", to: "etc/passwd")], sees: "goes through \"etc\"")
    try refusalOfLayer([.hardLink("a", to: "missing")], sees: "no file of the layer")
  }

  @Test("writing over a link replaces the link and not what it points to")
  func overLink() throws {
    let scratch = try Scratch()
    let victim = scratch.path + "/victim"
    try "safe".write(toFile: victim, atomically: true, encoding: .utf8)
    _ = try scratch.load(tar(try dockerArchive([("app:1", [tar([.link("x", to: victim), .file("x", "mine")])])])))
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "safe")
    #expect(try String(contentsOfFile: try scratch.prepared("app:1").layerDirectories[0] + "/x", encoding: .utf8) == "mine")
  }

  @Test("the limits of bytes and of entries are told")
  func limits() throws {
    var limits = UnpackLimits()
    limits.bytes = 100_000
    let zeros = TarMember(path: "big", bytes: [UInt8](repeating: 0, count: 300_000))
    try refusal(tar(try dockerArchive([("bad:1", [tar([zeros])])]), .gzip), limits: limits, sees: "more than 100000 bytes")
    limits = UnpackLimits()
    limits.entries = 10
    try refusalOfLayer((0..<11).map { .file("f\($0)", "") }, limits: limits, sees: "more than 10 entries")
  }

  @Test("a compressed layer that unpacks to more than the limit is refused though it is small itself")
  func bomb() throws {
    var limits = UnpackLimits()
    limits.bytes = 200_000
    let layer = tar([TarMember(path: "big", bytes: [UInt8](repeating: 0, count: 1_000_000))])
    let archive = try dockerArchive([("bad:1", [layer])]) { layer in
      let file = NSTemporaryDirectory() + "bomb-" + UUID().uuidString
      defer { try? FileManager.default.removeItem(atPath: file + ".gz") }
      try Data(layer).write(to: URL(fileURLWithPath: file))
      try run("/usr/bin/gzip", file)
      return Array(try Data(contentsOf: URL(fileURLWithPath: file + ".gz")))
    }
    try refusal(tar(archive), limits: limits, sees: "more than 200000 bytes")
  }

  @Test("a layer that is not what the configuration says is refused")
  func wrongLayer() throws {
    var members = try dockerArchive([("bad:1", [tar([.file("a", "1")])])])
    let place = try #require(members.firstIndex { $0.path.hasSuffix("layer.tar") })
    members[place].bytes = tar([.file("a", "2")])
    try refusal(tar(members), sees: "the image's configuration says")
  }

  @Test("a blob that does not match its name is refused")
  func wrongBlob() throws {
    let layer = try Blob(tar([.file("a", "1")]), type: "layer")
    var config = try Blob(try configuration(layers: [layer.bytes]), type: "config")
    config.member.bytes.append(0x20)
    let tree: JSON = ["config": config.descriptor, "layers": [layer.descriptor]]
    let manifest = try Blob(tree.encoded(), type: "manifest")
    let index: JSON = ["manifests": [manifest.descriptor]]
    let members = [TarMember(path: "index.json", bytes: index.encoded()), layer.member, config.member, manifest.member]
    try refusal(tar(members), sees: "does not match its digest")
  }

  @Test("a truncated archive is refused", arguments: Compression.allCases)
  func truncated(compression: Compression) throws {
    let noise = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 7919 >> 5) }
    let whole = tar(try dockerArchive([("bad:1", [tar([TarMember(path: "noise", bytes: noise)])])]), compression)
    try refusal(Array(whole.prefix(whole.count / 2)), sees: "no image archive")
  }

  @Test("what is no archive, or no archive of images, is refused")
  func otherFiles() throws {
    try refusal([], sees: "empty")
    try refusal(Array("apiVersion: v1\nkind: Pod\n".utf8), sees: "no image archive")
    try refusal(tar([.file("readme", "x")]), sees: "neither manifest.json")
    try refusal(tar([.file("manifest.json", "[{]")]), sees: "invalid JSON")
    try refusal(tar([.file("manifest.json", "[]")]), sees: "no image for linux")
    try refusal(tar([.file("manifest.json", #"[{"Config":"c.json","Layers":[]}]"#)]), sees: "no \"c.json\"")
    try refusal(tar([.file("manifest.json", #"[{"Config":"../c","Layers":[]}]"#)]), sees: "no \"../c\"")
  }

  @Test("a missing file is told by its name")
  func missing() throws {
    let scratch = try Scratch()
    let error = #expect(throws: ImageError.self) { try scratch.store.load(archive: "/nonexistent.tar", nodes: []) }
    #expect(error?.description.contains("/nonexistent.tar") == true)
  }

  @Test("an image for another machine is refused")
  func otherMachine() throws {
    let bytes = try configuration(layers: [], architecture: "s390x")
    let members: [TarMember] = [
      TarMember(path: "c", bytes: bytes), .file("manifest.json", #"[{"Config":"c","RepoTags":["a:1"],"Layers":[]}]"#),
    ]
    try refusal(tar(members), sees: "the image is for s390x")
  }

  @Test("one bad image spoils the whole archive")
  func allOrNothing() throws {
    try refusal(
      tar(try dockerArchive([("fine:1", [tar([.file("f", "ok")])]), ("bad:1", [tar([.file("../x", "x")])])])), sees: "leads out")
    var misnamed = try dockerArchive([("fine:1", [tar([.file("f", "ok")])])])
    let place = try #require(misnamed.firstIndex { $0.path == "manifest.json" })
    misnamed[place].bytes = Array(String(decoding: misnamed[place].bytes, as: UTF8.self).replacing("fine:1", with: "../X").utf8)
    try refusal(tar(misnamed), sees: "no image name")
  }
}
