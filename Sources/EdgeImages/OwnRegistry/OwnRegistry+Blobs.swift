import EdgeHTTP
import EdgeLinux
import Glibc
import Synchronization

extension OwnRegistry {
  /// Where a blob is, and how large; only of what was pushed, not of what nodes have pulled.
  func blob(_ digest: String) throws(OwnRegistryError) -> (path: String, size: Int) {
    guard Digest.isValid(digest) else { throw .digestInvalid("\"\(digest)\" is no sha256 digest") }
    let isKnown = state.withLock { state in
      guard state.fresh[digest] != nil || state.catalog.blobs.contains(digest) else { return false }
      // Whoever finds it will name it in a manifest soon.
      state.fresh[digest] = .now
      return true
    }
    let path = content.blobPath(digest)
    guard isKnown, Files.exists(path) else { throw .blobUnknown(digest) }
    return (path, Files.size(path))
  }

  /// Begins an upload; those that were left alone for too long go.
  /// - Returns: its name
  func beginUpload() throws(OwnRegistryError) -> String {
    let now = ContinuousClock.now
    let old = state.withLock { state in
      let old = state.uploads.filter { $0.value.idleSince.map { now - $0 > OwnRegistry.patience } == true }
      for name in old.keys { state.uploads[name] = nil }
      return old.values.map(\.path)
    }
    for path in old { try? Files.remove(path) }
    guard state.withLock({ $0.uploads.count }) < OwnRegistry.uploadLimit else {
      throw .tooMany("there are \(OwnRegistry.uploadLimit) uploads at once")
    }
    let directory = content.directory + "/uploads"
    let name = secureRandomBytes(16).hexadecimal
    do throws(SystemError) {
      try Files.makeDirectories(directory, mode: 0o700)
      let upload = try RegistryUpload(directory + "/" + name, limit: content.limits.bytes)
      state.withLock { $0.uploads[name] = upload }
    } catch { throw OwnRegistryError(error) }
    return name
  }

  func upload(_ name: String) throws(OwnRegistryError) -> RegistryUpload {
    guard let upload = state.withLock({ $0.uploads[name] }) else { throw .uploadUnknown }
    return upload
  }

  /// Adds what a request brings to an upload. What came before a failure stays, and the client may go on from there.
  /// - Parameter start: where its first byte belongs, as the client says
  func append(_ body: RequestBody, to upload: RegistryUpload, at start: Int?) async throws(OwnRegistryError) {
    guard upload.begin() else { throw .rangeInvalid(count: upload.count) }
    defer { upload.end() }
    if let start, start != upload.count { throw .rangeInvalid(count: upload.count) }
    while let piece = await body.next() { try upload.write(piece) }
    if body.isBroken { throw .sizeInvalid("the body broke off") }
  }

  /// Makes a blob of what was uploaded.
  func finishUpload(_ name: String, digest: String) throws(OwnRegistryError) {
    let upload = try upload(name)
    guard Digest.isValid(digest) else { throw .digestInvalid("\"\(digest)\" is no sha256 digest") }
    guard upload.begin() else { throw .rangeInvalid(count: upload.count) }
    defer { cancelUpload(name) }
    let found = upload.finish()
    guard found == digest else { throw .digestInvalid("what was pushed is \(found), not \(digest)") }
    do throws(SystemError) { try content.keep(upload.path, as: digest) } catch { throw OwnRegistryError(error) }
    state.withLock { $0.fresh[digest] = .now }
  }

  func cancelUpload(_ name: String) {
    guard let upload = state.withLock({ $0.uploads.removeValue(forKey: name) }) else { return }
    try? Files.remove(upload.path)
  }
}
