import CArchive
import CLinux
import EdgeImages
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

  @Test("mounted one over the other, the layers show what the image means", .enabled(if: Requirement.met(.root), "needs root"))
  func mounted() throws {
    let scratch = try Scratch()
    let lower = tar([.directory("d"), .file("d/old", "1"), .file("gone", "1"), .file("kept", "1")])
    let upper = tar([.directory("d"), .file("d/.wh..wh..opq", ""), .file("d/new", "2"), .file(".wh.gone", "")])
    _ = try scratch.load(tar(try dockerArchive([("app:1", [lower, upper])])))
    let layers = try scratch.prepared("app:1").layerDirectories
    let root = scratch.path + "/root"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try run("/usr/bin/mount", "-t", "overlay", "overlay", "-o", "lowerdir=" + layers.reversed().joined(separator: ":"), root)
    defer { _ = try? run("/usr/bin/umount", root) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: root).sorted() == ["d", "kept"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/d") == ["new"])
  }
}
