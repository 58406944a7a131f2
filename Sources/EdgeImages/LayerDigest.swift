import CArchive
import EdgeLinux
import Glibc

/// Of a recipe's layer as a tar: sorted, owned by root, from the year 1970, so that equal contents have equal digests. The tar itself
/// is kept nowhere.
enum LayerDigest {
  /// Receives the tar's bytes. A class, as libarchive keeps a pointer to it.
  private final class Sink {
    var digest = Digest()

    func finish() -> String {
      var last = Digest()
      swap(&last, &digest)
      return last.finish()
    }
  }

  static func of(_ entries: [ImageRecipe.Entry]) throws(ImageError) -> String {
    let archive = archive_write_new()!
    defer { archive_write_free(archive) }
    archive_write_set_format_pax_restricted(archive)
    archive_write_set_bytes_in_last_block(archive, 1)
    let sink = Sink()
    let context = Unmanaged.passUnretained(sink).toOpaque()
    let opened = archive_write_open(
      archive, context, nil,
      { _, context, bytes, count in
        let sink = Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue()
        sink.digest.update(UnsafeRawBufferPointer(start: bytes, count: count))
        return count
      }, nil)
    guard opened == ARCHIVE_OK else { throw .storage(path: "layer", reason: "cannot be begun") }
    for entry in entries { try write(entry, to: archive) }
    guard archive_write_close(archive) == ARCHIVE_OK else { throw .storage(path: "layer", reason: "cannot be written") }
    return withExtendedLifetime(sink) { sink.finish() }
  }

  private static func write(_ entry: ImageRecipe.Entry, to archive: OpaquePointer) throws(ImageError) {
    let header = archive_entry_new()!
    defer { archive_entry_free(header) }
    archive_entry_set_pathname(header, entry.path)
    archive_entry_set_perm(header, entry.mode)
    archive_entry_set_mtime(header, 0, 0)
    archive_entry_set_uid(header, 0)
    archive_entry_set_gid(header, 0)
    func begin() throws(ImageError) {
      guard archive_write_header(archive, header) == ARCHIVE_OK else {
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "cannot be written"
        throw .storage(path: entry.path, reason: reason)
      }
    }
    switch entry.content {
    case .directory:
      archive_entry_set_filetype(header, UInt32(S_IFDIR as mode_t))
      try begin()
    case .link(let target):
      archive_entry_set_filetype(header, UInt32(S_IFLNK as mode_t))
      archive_entry_set_symlink(header, target)
      try begin()
    case .bytes(let bytes):
      archive_entry_set_filetype(header, UInt32(S_IFREG as mode_t))
      archive_entry_set_size(header, Int64(bytes.count))
      try begin()
      try put(bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }, bytes.count, entry.path)
    case .file(let host):
      let file = try stored(try Descriptor.open(host, O_RDONLY))
      let size = Int(try stored(host, try file.status()).st_size)
      archive_entry_set_filetype(header, UInt32(S_IFREG as mode_t))
      archive_entry_set_size(header, Int64(size))
      try begin()
      let written = try stored(host, try file.withContent(size) { archive_write_data(archive, $0.baseAddress, $0.count) })
      try put(written, size, host)
    }
  }

  private static func put(_ written: Int, _ count: Int, _ path: String) throws(ImageError) {
    guard written == count else { throw .storage(path: path, reason: "cannot be written") }
  }
}
