import CArchive
import EdgeLinux
import Glibc

/// Reads a tar, compressed or not, entry by entry; or, `raw`, the bytes inside a compressed file.
final class ArchiveReader {
  enum Format { case tar, raw }

  /// One member's header. Valid until the next one is read.
  struct Entry {
    fileprivate let pointer: OpaquePointer
    /// As the archive has it.
    var path: String { text(archive_entry_pathname(pointer)) }
    /// S_IFREG, S_IFDIR, …
    var type: mode_t { archive_entry_filetype(pointer) }
    var permissions: mode_t { archive_entry_perm(pointer) }
    var size: Int64 { archive_entry_size(pointer) }
    var owner: uid_t { uid_t(truncatingIfNeeded: archive_entry_uid(pointer)) }
    var group: gid_t { gid_t(truncatingIfNeeded: archive_entry_gid(pointer)) }
    var modifiedSeconds: Int { archive_entry_mtime(pointer) }
    var hardLink: String? { archive_entry_hardlink(pointer).map { String(cString: $0) } }
    var symbolicLink: String { text(archive_entry_symlink(pointer)) }

    private func text(_ bytes: UnsafePointer<CChar>?) -> String { bytes.map { String(cString: $0) } ?? "" }

    /// At most `limit` extended attributes of at most 64 KiB each.
    func attributes(limit: Int) -> [(name: String, value: [UInt8])] {
      var attributes: [(String, [UInt8])] = []
      archive_entry_xattr_reset(pointer)
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      while attributes.count < limit, archive_entry_xattr_next(pointer, &name, &value, &size) == ARCHIVE_OK {
        guard let name, let value, size <= 65536 else { continue }
        attributes.append((String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: size))))
      }
      return attributes
    }
  }

  private let archive: OpaquePointer
  /// What messages call the archive.
  private let what: String

  private let file: Descriptor

  init(_ file: Descriptor, what: String, format: Format) throws(ImageError) {
    archive = archive_read_new()
    self.file = file
    self.what = what
    archive_read_support_filter_none(archive)
    archive_read_support_filter_gzip(archive)
    archive_read_support_filter_zstd(archive)
    archive_read_support_filter_xz(archive)
    archive_read_support_filter_bzip2(archive)
    switch format {
    case .tar: archive_read_support_format_tar(archive)
    case .raw: archive_read_support_format_raw(archive)
    }
    // An empty file is an empty archive to some: we say what it is at the first header.
    archive_read_support_format_empty(archive)
    guard archive_read_open_fd(archive, file.number, 1 << 18) == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  func failure() -> ImageError {
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it cannot be read"
    return .badArchive(what: what, reason: reason)
  }

  /// The next member; nil at the end.
  func next() throws(ImageError) -> Entry? {
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_OK, ARCHIVE_WARN: return Entry(pointer: entry!)
    case ARCHIVE_EOF: return nil
    default: throw failure()
    }
  }

  /// Hands the member's bytes to `body`, holes as zeros, and counts them.
  /// - Throws: `badArchive` once there are more than `limit` less the `used` of other members.
  func data(used: Int64, limit: Int64, _ body: (UnsafeRawBufferPointer) throws(ImageError) -> Void) throws(ImageError) -> Int64 {
    var total: Int64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
      if count < 0 { throw failure() }
      if count == 0 { return total }
      total += Int64(count)
      if total > limit - used { throw .badArchive(what: what, reason: "it holds more than \(limit) bytes") }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// As `data`, into a file.
  func copy(to file: Descriptor, path: String, used: Int64 = 0, limit: Int64) throws(ImageError) -> Int64 {
    try data(used: used, limit: limit) { (bytes) throws(ImageError) in try stored(path, try file.writeAll(bytes)) }
  }
}
