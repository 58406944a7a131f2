import CArchive
import CoreJSON
import Glibc

/// Configurations and unpacked layers, each under the digest of what it is. What is there is whole: it is made under tmp/ and renamed.
///
///     blobs/sha256/<hex>   configurations
///     layers/<hex>         an unpacked layer, by the digest of its plain tar (its "diff id")
///     tmp/                 what is being made; emptied at the start
struct ContentStore: Sendable {
  let directory: String
  let limits: UnpackLimits

  init(directory: String, limits: UnpackLimits) throws(ImageError) {
    self.directory = directory
    self.limits = limits
    try HostFiles.makeDirectory(directory + "/blobs/sha256")
    // Containers with a user of their own look up paths through here.
    try HostFiles.makeDirectory(directory + "/layers")
    HostFiles.remove(directory + "/tmp")
    try HostFiles.makeDirectory(directory + "/tmp")
  }

  func blobPath(_ digest: String) -> String { directory + "/blobs/sha256/" + digest.dropFirst("sha256:".count) }
  func layerPath(_ diffID: String) -> String { directory + "/layers/" + diffID.dropFirst("sha256:".count) }

  /// A new empty directory under tmp/, which the caller removes or renames.
  func scratch() throws(ImageError) -> String {
    var template = Array((directory + "/tmp/XXXXXX").utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    guard let made else { throw .kernel(directory + "/tmp") }
    return made
  }

  func putBlob(_ bytes: [UInt8]) throws(ImageError) -> String {
    let digest = Digest.of(bytes)
    if !HostFiles.exists(blobPath(digest)) { try HostFiles.write(bytes, to: blobPath(digest)) }
    return digest
  }

  /// Unpacks the layer unless it is there already.
  /// - Throws: `badArchive` where the file is not what `diffID` or the layer's own digest says.
  func putLayer(_ layer: OfferedLayer, diffID: String, what: String) throws(ImageError) {
    if HostFiles.exists(layerPath(diffID)) { return }
    if let digest = layer.digest, try Digest.ofFile(layer.file) != digest {
      throw .badArchive(what: what, reason: "layer \(digest) does not match its digest")
    }
    let scratch = try scratch()
    defer { HostFiles.remove(scratch) }
    let tar = try plainTar(layer, diffID: diffID, scratch: scratch, what: what)
    let unpacked = scratch + "/layer"
    guard mkdir(unpacked, 0o755) == 0 else { throw .kernel(unpacked) }
    chmod(unpacked, 0o755)
    let file = open(tar, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .kernel(tar) }
    defer { close(file) }
    let reader = try ArchiveReader(descriptor: file, what: "\(what): layer \(diffID)", format: .tar)
    _ = try LayerUnpacker.unpack(reader, into: unpacked, what: "\(what): layer \(diffID)", limits: limits)
    try place(unpacked, as: diffID)
  }

  /// Gives a finished directory its name; another that came first wins.
  func place(_ unpacked: String, as diffID: String) throws(ImageError) {
    if rename(unpacked, layerPath(diffID)) != 0, errno != EEXIST, errno != ENOTEMPTY { throw .kernel(layerPath(diffID)) }
  }

  /// The layer's file itself, or a decompressed copy; its digest is checked either way.
  private func plainTar(_ layer: OfferedLayer, diffID: String, scratch: String, what: String) throws(ImageError) -> String {
    let source = open(layer.file, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw .kernel(layer.file) }
    defer { close(source) }
    var digest: String
    var tar = layer.file
    if ContentStore.isCompressed(source) {
      tar = scratch + "/tar"
      let file = open(tar, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard file >= 0 else { throw .kernel(tar) }
      defer { close(file) }
      let reader = try ArchiveReader(descriptor: source, what: "\(what): layer \(diffID)", format: .raw)
      if try reader.next() != nil { _ = try reader.copy(to: file, path: tar, limit: limits.bytes) }
      digest = try Digest.ofFile(tar)
    } else {
      digest = try Digest.ofFile(tar)
    }
    guard digest == diffID else {
      throw .badArchive(what: what, reason: "a layer is \(digest), the image's configuration says \(diffID)")
    }
    return tar
  }

  /// By the first bytes: gzip, zstd, xz, bzip2.
  private static func isCompressed(_ file: Int32) -> Bool {
    var start = [UInt8](repeating: 0, count: 4)
    guard pread(file, &start, 4, 0) == 4 else { return false }
    return start.starts(with: [0x1F, 0x8B]) || start == [0x28, 0xB5, 0x2F, 0xFD] || start == [0xFD, 0x37, 0x7A, 0x58]
      || start.starts(with: [0x42, 0x5A, 0x68])
  }

  /// Deletes every blob and layer that is not named.
  func keepOnly(blobs: Set<String>, layers: Set<String>) {
    for name in HostFiles.names(directory + "/blobs/sha256") where !blobs.contains("sha256:" + name) {
      HostFiles.remove(directory + "/blobs/sha256/" + name)
    }
    for name in HostFiles.names(directory + "/layers") where !layers.contains("sha256:" + name) {
      HostFiles.remove(directory + "/layers/" + name)
    }
  }
}
