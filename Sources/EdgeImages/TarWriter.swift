import CArchive
import EdgeLinux
import Glibc

/// Writes a tar piece by piece. Everything in it is owned by root and from the year 1970, so that equal contents give equal bytes.
final class TarWriter {
  private let archive: OpaquePointer
  /// libarchive keeps a pointer to it.
  private let box: Box

  private final class Box {
    let sink: (UnsafeRawBufferPointer) -> Bool
    init(_ sink: @escaping (UnsafeRawBufferPointer) -> Bool) { self.sink = sink }
  }

  /// - Parameter sink: takes the bytes; false when it cannot
  init(_ sink: @escaping (UnsafeRawBufferPointer) -> Bool) throws(ImageError) {
    box = Box(sink)
    archive = archive_write_new()!
    archive_write_set_format_pax_restricted(archive)
    archive_write_set_bytes_in_last_block(archive, 1)
    let opened = archive_write_open(
      archive, Unmanaged.passUnretained(box).toOpaque(), nil,
      { _, context, bytes, count in
        let box = Unmanaged<Box>.fromOpaque(context!).takeUnretainedValue()
        return box.sink(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
      }, nil)
    guard opened == ARCHIVE_OK else { throw .storage(path: "tar", reason: "cannot be begun") }
  }

  deinit { archive_write_free(archive) }

  func add(_ entry: ImageRecipe.Entry) throws(ImageError) {
    switch entry.content {
    case .directory: try begin(entry, S_IFDIR, size: nil)
    case .link(let target): try begin(entry, S_IFLNK, size: nil, link: target)
    case .bytes(let bytes):
      try begin(entry, S_IFREG, size: bytes.count)
      try put(bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }, bytes.count, entry.path)
    case .file(let host):
      let file = try stored(try Descriptor.open(host, O_RDONLY))
      let size = Int(try stored(host, try file.status()).st_size)
      try begin(entry, S_IFREG, size: size)
      let written = try stored(host, try file.withContent(size) { archive_write_data(archive, $0.baseAddress, $0.count) })
      try put(written, size, host)
    }
  }

  private func begin(_ entry: ImageRecipe.Entry, _ type: mode_t, size: Int?, link: String? = nil) throws(ImageError) {
    let header = archive_entry_new()!
    defer { archive_entry_free(header) }
    archive_entry_set_pathname(header, entry.path)
    archive_entry_set_perm(header, entry.mode)
    archive_entry_set_mtime(header, 0, 0)
    archive_entry_set_uid(header, 0)
    archive_entry_set_gid(header, 0)
    archive_entry_set_filetype(header, UInt32(type))
    if let size { archive_entry_set_size(header, Int64(size)) }
    if let link { archive_entry_set_symlink(header, link) }
    guard archive_write_header(archive, header) == ARCHIVE_OK else {
      let reason = archive_error_string(archive).map { String(cString: $0) } ?? "cannot be written"
      throw .storage(path: entry.path, reason: reason)
    }
  }

  func finish() throws(ImageError) {
    guard archive_write_close(archive) == ARCHIVE_OK else { throw .storage(path: "tar", reason: "cannot be written") }
  }

  private func put(_ written: Int, _ count: Int, _ path: String) throws(ImageError) {
    guard written == count else { throw .storage(path: path, reason: "cannot be written") }
  }
}
