import EdgeLinux
import Glibc

/// Configurations and layers, each under the digest of what it is. What is there is whole: it is made under tmp/ and renamed.
///
///     blobs/sha256/<hex>   configurations, and layers as they came
///     layers/<hex>         an unpacked layer, by the digest of its plain tar (its "diff id")
///     tmp/                 what is being made; emptied at the start
struct ContentStore: Sendable {
  let directory: String
  let limits: UnpackLimits

  init(directory: String, limits: UnpackLimits) throws(ImageError) {
    self.directory = directory
    self.limits = limits
    try stored(try Files.makeDirectories(directory + "/blobs/sha256", mode: 0o700))
    // Containers with a user of their own look up paths through here.
    try stored(try Files.makeDirectories(directory + "/layers", mode: 0o700))
    try stored(try Files.remove(directory + "/tmp"))
    try stored(try Files.makeDirectories(directory + "/tmp", mode: 0o700))
  }

  func blobPath(_ digest: String) -> String { directory + "/blobs/sha256/" + digest.dropFirst("sha256:".count) }
  func layerPath(_ diffID: String) -> String { directory + "/layers/" + diffID.dropFirst("sha256:".count) }

  /// A new empty directory under tmp/, which the caller removes or renames.
  func scratch() throws(ImageError) -> String { try stored(try Files.makeTemporaryDirectory(directory + "/tmp/")) }

  func putBlob(_ bytes: [UInt8]) throws(SystemError) -> String {
    let digest = Digest.of(bytes)
    if !Files.exists(blobPath(digest)) { try Files.replace(blobPath(digest), bytes, isDurable: true) }
    return digest
  }

  /// Whether a layer is here, both unpacked and as the file with this digest.
  func has(_ digest: String, diffID: String) -> Bool { Files.exists(layerPath(diffID)) && Files.exists(blobPath(digest)) }

  /// Unpacks the layer and keeps its file, unless both are there already.
  /// - Returns: the file's digest.
  /// - Throws: `badArchive` where the file is not what `diffID` or the layer's own digest says.
  func putLayer(_ layer: OfferedLayer, diffID: String, what: String) throws(ImageError) -> String {
    if let digest = layer.digest, has(digest, diffID: diffID) { return digest }
    guard let file = layer.file else { throw .badArchive(what: what, reason: "layer \(diffID) is not here any more") }
    let digest = try Digest.ofFile(file)
    if let wanted = layer.digest, digest != wanted {
      throw .badArchive(what: what, reason: "layer \(wanted) does not match its digest")
    }
    let scratch = try scratch()
    defer { try? Files.remove(scratch) }
    let tar = try plainTar(file, digest, diffID: diffID, scratch: scratch, what: what)
    if !Files.exists(layerPath(diffID)) {
      let unpacked = scratch + "/layer"
      try stored(try Files.makeDirectory(unpacked, mode: 0o755))
      let reader = try ArchiveReader(
        try stored(try Descriptor.open(tar, O_RDONLY)), what: "\(what): layer \(diffID)", format: .tar)
      _ = try LayerUnpacker.unpack(reader, into: unpacked, what: "\(what): layer \(diffID)", limits: limits)
      try place(unpacked, as: diffID)
    }
    try stored(try keep(file, as: digest))
    return digest
  }

  /// Gives a file of the store its name as a blob; another that came first wins.
  func keep(_ file: String, as digest: String) throws(SystemError) {
    do throws(SystemError) { try Files.makeHardLink(blobPath(digest), to: file) } catch {
      if error.code != EEXIST { throw error }
    }
  }

  /// Gives a finished directory its name; another that came first wins.
  func place(_ unpacked: String, as diffID: String) throws(ImageError) {
    do throws(SystemError) { try Files.rename(unpacked, to: layerPath(diffID)) } catch {
      if error.code != EEXIST, error.code != ENOTEMPTY { throw .storage(path: error.path, reason: error.reason) }
    }
  }

  /// The layer's file itself, or a decompressed copy; its digest is checked either way.
  private func plainTar(_ layer: String, _ layerDigest: String, diffID: String, scratch: String, what: String) throws(ImageError)
    -> String
  {
    let source = try stored(try Descriptor.open(layer, O_RDONLY))
    var (tar, digest) = (layer, layerDigest)
    if ContentStore.isCompressed(source) {
      tar = scratch + "/tar"
      let file = try stored(try Descriptor.open(tar, O_WRONLY | O_CREAT | O_EXCL))
      let reader = try ArchiveReader(source, what: "\(what): layer \(diffID)", format: .raw)
      if try reader.next() != nil { _ = try reader.copy(to: file, path: tar, limit: limits.bytes) }
      digest = try Digest.ofFile(tar)
    }
    guard digest == diffID else {
      throw .badArchive(what: what, reason: "a layer is \(digest), the image's configuration says \(diffID)")
    }
    return tar
  }

  /// By the first bytes: gzip, zstd, xz, bzip2.
  private static func isCompressed(_ file: Descriptor) -> Bool {
    let start = file.peek(4)
    return start.starts(with: [0x1F, 0x8B]) || start == [0x28, 0xB5, 0x2F, 0xFD] || start == [0xFD, 0x37, 0x7A, 0x58]
      || start.starts(with: [0x42, 0x5A, 0x68])
  }

  /// Deletes every blob and layer that is not named.
  /// - Returns: the bytes that it took, where they are to be measured
  func keepOnly(blobs: Set<String>, layers: Set<String>, measuring: Bool) -> Int64 {
    var bytes: Int64 = 0
    for (folder, kept) in [("/blobs/sha256", blobs), ("/layers", layers)] {
      for name in (try? Files.list(directory + folder)) ?? [] where !kept.contains("sha256:" + name) {
        let path = directory + folder + "/" + name
        if measuring { bytes += Files.isDirectory(path) ? Files.usedBytes(path) : Int64(Files.size(path)) }
        try? Files.remove(path)
      }
    }
    return bytes
  }
}
