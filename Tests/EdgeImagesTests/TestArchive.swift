import CArchive
import CoreObjects
import Foundation
import TestMachine
import Testing

@testable import EdgeImages

/// One member of a tar that a test makes, honest or not.
struct TarMember {
  var path: String
  var type: mode_t = S_IFREG
  var mode: mode_t = 0o644
  var bytes: [UInt8] = []
  var link: String?
  var hardLink: String?
  var owner: Int64 = 0

  static func file(_ path: String, _ text: String, mode: mode_t = 0o644, owner: Int64 = 0) -> TarMember {
    TarMember(path: path, mode: mode, bytes: Array(text.utf8), owner: owner)
  }
  static func directory(_ path: String, mode: mode_t = 0o755) -> TarMember {
    TarMember(path: path, type: S_IFDIR as mode_t, mode: mode)
  }
  static func link(_ path: String, to target: String) -> TarMember {
    TarMember(path: path, type: S_IFLNK as mode_t, mode: 0o777, link: target)
  }
  static func hardLink(_ path: String, to target: String) -> TarMember { TarMember(path: path, hardLink: target) }
  static func device(_ path: String) -> TarMember { TarMember(path: path, type: S_IFCHR as mode_t) }
}

enum Compression: Int32, CaseIterable {
  case none = 0
  case gzip = 1
  case xz = 6
  case zstd = 14
}

func tar(_ members: [TarMember], _ compression: Compression = .none) -> [UInt8] {
  let archive = archive_write_new()!
  archive_write_set_format_pax_restricted(archive)
  archive_write_add_filter(archive, compression.rawValue)
  var buffer = [UInt8](repeating: 0, count: 4 << 20)
  var used = 0
  buffer.withUnsafeMutableBytes { space in
    archive_write_open_memory(archive, space.baseAddress, space.count, &used)
    for member in members {
      let entry = archive_entry_new()!
      archive_entry_set_pathname(entry, member.path)
      archive_entry_set_filetype(entry, UInt32(member.type))
      archive_entry_set_perm(entry, member.mode)
      archive_entry_set_size(entry, Int64(member.bytes.count))
      archive_entry_set_uid(entry, member.owner)
      archive_entry_set_gid(entry, member.owner)
      if member.type == S_IFCHR as mode_t { archive_entry_set_rdevmajor(entry, 1) }
      if let link = member.link { archive_entry_set_symlink(entry, link) }
      if let target = member.hardLink { archive_entry_set_hardlink(entry, target) }
      archive_write_header(archive, entry)
      member.bytes.withUnsafeBytes { _ = archive_write_data(archive, $0.baseAddress, $0.count) }
      archive_entry_free(entry)
    }
    archive_write_close(archive)
  }
  archive_write_free(archive)
  return Array(buffer.prefix(used))
}

func sha256(_ bytes: [UInt8]) throws -> String {
  let path = NSTemporaryDirectory() + "sum-" + UUID().uuidString
  defer { try? FileManager.default.removeItem(atPath: path) }
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  let text = try run("/usr/bin/sha256sum", path)
  return "sha256:" + text.prefix(64)
}

@discardableResult func run(_ program: String, _ arguments: String...) throws -> String {
  let outcome = try Program.runHere(program, arguments)
  #expect(outcome.status == 0, "\(program) \(arguments): \(outcome.errors)")
  return outcome.output
}

func configuration(layers: [[UInt8]], _ config: JSON = [:], architecture: String? = nil) throws -> [UInt8] {
  let digests = try layers.map { JSON.string(try sha256($0)) }
  let tree: JSON = [
    "architecture": .string(architecture ?? machine), "os": "linux", "config": config,
    "rootfs": ["type": "layers", "diff_ids": .array(digests)],
  ]
  return tree.encoded()
}

let machine: String = {
  #if arch(arm64)
    "arm64"
  #else
    "amd64"
  #endif
}()

/// The legacy layout of `docker save`: a directory a layer.
func dockerArchive(
  _ images: [(name: String?, layers: [[UInt8]])], config: JSON = [:], layerCompression: (([UInt8]) throws -> [UInt8])? = nil
) throws -> [TarMember] {
  var members: [TarMember] = []
  var manifest: [JSON] = []
  for (index, image) in images.enumerated() {
    let bytes = try configuration(layers: image.layers, config)
    members.append(TarMember(path: "config\(index).json", bytes: bytes))
    for (number, layer) in image.layers.enumerated() {
      members.append(TarMember(path: "image\(index)/layer\(number)/layer.tar", bytes: try layerCompression?(layer) ?? layer))
    }
    manifest.append([
      "Config": .string("config\(index).json"), "RepoTags": .array(image.name.map { [.string($0)] } ?? []),
      "Layers": .array(image.layers.indices.map { .string("image\(index)/layer\($0)/layer.tar") }),
    ])
  }
  members.append(TarMember(path: "manifest.json", bytes: JSON.array(manifest).encoded()))
  return members
}

struct Blob {
  var bytes: [UInt8]
  var descriptor: JSON
  var member: TarMember

  init(_ bytes: [UInt8], type: String) throws {
    self.bytes = bytes
    let digest = try sha256(bytes)
    descriptor = ["mediaType": .string(type), "digest": .string(digest), "size": .int(Int64(bytes.count))]
    member = TarMember(path: "blobs/sha256/" + digest.dropFirst(7), bytes: bytes)
  }
}

/// A scratch directory with a store in it.
final class Scratch {
  let path: String
  let store: ImageStore

  init(
    in directory: String = NSTemporaryDirectory(), limits: UnpackLimits = UnpackLimits(), registry: RegistryClient = .unreachable
  ) throws {
    path = directory + "/images-" + UUID().uuidString
    store = try ImageStore(directory: path + "/store", registry: registry, limits: limits)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func load(_ bytes: [UInt8], nodes: [String] = ["node"]) throws -> [LoadedImage] {
    let file = path + "/archive"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return try store.load(archive: file, nodes: nodes)
  }

  /// Everything that the store keeps, apart from its own bookkeeping.
  var kept: [String] {
    ["blobs/sha256", "layers", "tmp"].flatMap { directory in
      ((try? FileManager.default.contentsOfDirectory(atPath: path + "/store/" + directory)) ?? []).map { directory + "/" + $0 }
    }
  }

  func prepared(_ name: String, node: String = "node") throws -> PreparedImage {
    try #require(try store.present(node: node, image: name)).1
  }
}
