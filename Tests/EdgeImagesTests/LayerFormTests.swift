import CArchive
import Foundation
import TestMachine
import Testing

@testable import EdgeImages

/// Bytes as they are, packed.
private func packed(_ bytes: some Collection<UInt8>, _ compression: Compression) -> [UInt8] {
  let archive = archive_write_new()!
  defer { archive_write_free(archive) }
  archive_write_set_format_raw(archive)
  archive_write_add_filter(archive, compression.rawValue)
  // Nothing may follow the end of what is packed.
  archive_write_set_bytes_in_last_block(archive, 1)
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  var used = 0
  buffer.withUnsafeMutableBytes { space in
    archive_write_open_memory(archive, space.baseAddress, space.count, &used)
    let entry = archive_entry_new()!
    archive_entry_set_filetype(entry, UInt32(S_IFREG as mode_t))
    archive_write_header(archive, entry)
    Array(bytes).withUnsafeBytes { _ = archive_write_data(archive, $0.baseAddress, $0.count) }
    archive_entry_free(entry)
    archive_write_close(archive)
  }
  return Array(buffer.prefix(used))
}

@Suite("Layers in pieces", .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
struct LayerFormTests {
  private let plain = tar([.file("a", "first"), .file("large", String(repeating: "x", count: 50_000)), .file("z", "last")])

  private func loads(_ layer: [UInt8]) throws -> String {
    let scratch = try Scratch()
    _ = try scratch.load(tar(try dockerArchive([("app:1", [plain])], layerCompression: { _ in layer })))
    let place = try scratch.prepared("app:1").layerDirectories[0]
    return try String(contentsOfFile: place + "/a", encoding: .utf8) + String(contentsOfFile: place + "/z", encoding: .utf8)
  }

  @Test("estargz: gzip in members, whose last one is empty and says where the table of contents is")
  func estargz() throws {
    // RFC 1952: a header with the flag FEXTRA, a field "SG" of 22 bytes, an empty block, a checksum and a size of 0.
    let field = Array("SG".utf8) + [22, 0] + Array("0000000000001000STARGZ".utf8)
    let footer: [UInt8] =
      [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255, UInt8(field.count), 0] + field + [1, 0, 0, 0xFF, 0xFF]
      + Array(repeating: 0, count: 8)
    let members = packed(plain[..<700], .gzip) + packed(plain[700..<30_000], .gzip) + packed(plain[30_000...], .gzip)
    #expect(try loads(members + footer) == "firstlast")
  }

  @Test("zstd:chunked: frames of zstd, and frames that are to be skipped")
  func chunked() throws {
    let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let frames = packed(plain[..<700], .zstd) + packed(plain[700..<30_000], .zstd) + packed(plain[30_000...], .zstd)
    #expect(try loads(frames + skipped) == "firstlast")
  }
}
