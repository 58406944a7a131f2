import CArchive
import CLinux
import EdgeImages
import EdgeLinux
import Foundation
import Glibc
import TestMachine
import Testing

@Suite("A layer becomes a directory for overlay mounts")
struct LayerTests {
  private func unpack(_ members: [TarMember]) throws -> (Scratch, String) {
    let scratch = try Scratch()
    _ = try scratch.load(tar(try dockerArchive([("app:1", [tar(members)])])))
    return (scratch, try scratch.prepared("app:1").layerDirectories[0])
  }

  private func status(_ path: String) -> stat {
    var status = stat()
    #expect(lstat(path, &status) == 0, "\(path)")
    return status
  }

  private func isOpaque(_ path: String) -> Bool { lgetxattr(path, "trusted.overlay.opaque", nil, 0) >= 0 }

  @Test(
    "a whiteout becomes a character device 0/0, an opaque mark an attribute", .enabled(if: Requirement.met(.root), "needs root"))
  func whiteouts() throws {
    let (scratch, layer) = try unpack([
      .directory("a"), .file("a/.wh.gone", ""), .directory("b"), .file("b/.wh..wh..opq", ""), .file("b/kept", "x"),
    ])
    let gone = status(layer + "/a/gone")
    #expect(gone.st_mode & S_IFMT == S_IFCHR)
    #expect(gone.st_rdev == 0)
    #expect(isOpaque(layer + "/b"))
    #expect(!isOpaque(layer + "/a"))
    #expect(!FileManager.default.fileExists(atPath: layer + "/b/.wh..wh..opq"))
    _ = scratch
  }

  @Test(
    "a directory that replaces a lower one is opaque, in whichever order it and the whiteout come",
    .enabled(if: Requirement.met(.root), "needs root"))
  func replacedDirectory() throws {
    for members in [[TarMember.file(".wh.d", ""), .directory("d")], [.directory("d"), .file(".wh.d", "")]] {
      let (scratch, layer) = try unpack(members)
      #expect(status(layer + "/d").st_mode & S_IFMT == S_IFDIR)
      #expect(isOpaque(layer + "/d"))
      _ = scratch
    }
  }

  @Test(
    "owners, modes, setuid bits and the root's own mode are kept; devices are left out",
    .enabled(if: Requirement.met(.root), "needs root"))
  func attributes() throws {
    let (scratch, layer) = try unpack([
      .directory("./", mode: 0o711), .file("su", "x", mode: 0o4755, owner: 1234), .directory("tmp", mode: 0o1777),
      .device("null"),
      .directory("dev", mode: 0o500),
    ])
    #expect(status(layer).st_mode & 0o7777 == 0o711)
    #expect(status(layer + "/su").st_mode & 0o7777 == 0o4755)
    #expect(status(layer + "/su").st_uid == 1234)
    #expect(status(layer + "/tmp").st_mode & 0o7777 == 0o1777)
    #expect(!FileManager.default.fileExists(atPath: layer + "/null"))
    _ = scratch
  }

  @Test("a later entry of the same name replaces the earlier one")
  func replaced() throws {
    let (scratch, layer) = try unpack([
      .directory("x"), .file("x/in", "1"), .file("x", "file"), .file("y", "1"), .file("y", "22"),
    ])
    #expect(try String(contentsOfFile: layer + "/x", encoding: .utf8) == "file")
    #expect(try String(contentsOfFile: layer + "/y", encoding: .utf8) == "22")
    _ = scratch
  }

  /// Two layers, of which the upper one hides, replaces and keeps what the lower one has.
  private static let stacked = [
    tar([
      .directory("d", mode: 0o750), .file("d/old", "1"), .file("gone", "1"), .file("kept", "1", mode: 0o4755, owner: 1234),
      .directory("was"), .file("was/in", "1"), .file("is", "1"), .link("to", to: "d"), .directory("hidden"),
      .file("hidden/a", "1"), .file("one", "12"), .hardLink("two", to: "one"), .directory("both"), .file("both/lower", "1"),
    ]),
    tar([
      .directory("d"), .file("d/.wh..wh..opq", ""), .file("d/new", "2"), .file(".wh.gone", ""), .file("was", "a file"),
      .directory("is"), .file("is/in", "2"), .directory("to"), .file("to/in", "2"), .file(".wh.hidden", ""),
      .link("link", to: "../kept"), .directory("both", mode: 0o711), .file("both/upper", "2"), .file("kept2", "2", mode: 0o600),
    ]),
  ]

  /// Everything in a directory, a line each: path, type and mode, owner, how many names, and content.
  private func tree(_ root: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root).sorted().map { path in
      let place = root + "/" + path
      let status = status(place)
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      let content = isDirectory ? "" : try (try? Files.readLink(place)) ?? String(contentsOfFile: place, encoding: .utf8)
      let names = isDirectory ? 0 : Int(status.st_nlink)
      return "\(path) \(String(status.st_mode, radix: 8)) \(status.st_uid) \(names) \(status.st_mtim.tv_sec) \(content)"
    }
  }

  @Test(
    "mounted one over the other or copied, the layers show what the image means",
    .enabled(if: Requirement.met(.root), "needs root"))
  func roots() throws {
    let scratch = try Scratch()
    _ = try scratch.load(tar(try dockerArchive([("app:1", Self.stacked)])))
    let layers = try scratch.prepared("app:1").layerDirectories
    let mounts = Mounts()
    try LayeredRoot.overlay.make(in: scratch.path + "/mounted", layers: layers, mounts: mounts)
    try LayeredRoot.copy.make(in: scratch.path + "/copied", layers: layers, mounts: mounts)
    let mounted = try tree(scratch.path + "/mounted/rootfs")
    #expect(try tree(scratch.path + "/copied/rootfs") == mounted)
    mounts.release()
    let names = Set(mounted.map { $0.prefix { $0 != " " } })
    #expect(
      names == [
        "both", "both/lower", "both/upper", "d", "d/new", "is", "is/in", "kept", "kept2", "link", "one", "to", "to/in", "two",
        "was",
      ])
  }

  @Test(
    "in a directory that holds no overlay's changes, as a container's root is, the same image is copied",
    .enabled(if: Requirement.met(.root), "needs root"))
  func copiedFromMarks() throws {
    let scratch = try Scratch()
    _ = try scratch.load(tar(try dockerArchive([("app:1", Self.stacked)])))
    try LayeredRoot.copy.make(
      in: scratch.path + "/copied", layers: try scratch.prepared("app:1").layerDirectories, mounts: Mounts())
    let expected = try tree(scratch.path + "/copied/rootfs")
    let overlaid = scratch.path + "/overlaid"
    let mounts = Mounts()
    try LayeredRoot.overlay.make(in: overlaid, layers: [], mounts: mounts)
    defer { mounts.release() }
    #expect(throws: SystemError.self) { try Mount.tryOverlay(in: overlaid + "/rootfs") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: overlaid + "/rootfs") == [])
    let inner = try Scratch(in: overlaid + "/rootfs")
    _ = try inner.load(tar(try dockerArchive([("app:1", Self.stacked)])))
    let layers = try inner.prepared("app:1").layerDirectories
    #expect(FileManager.default.fileExists(atPath: layers[1] + "/.wh.gone"))
    try LayeredRoot.copy.make(in: inner.path + "/copied", layers: layers, mounts: mounts)
    #expect(try tree(inner.path + "/copied/rootfs") == expected)
  }
}
