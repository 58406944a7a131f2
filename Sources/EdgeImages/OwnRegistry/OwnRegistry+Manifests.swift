import CoreObjects
import EdgeLinux
import Synchronization

extension OwnRegistry {
  struct FoundManifest {
    var digest: String
    var mediaType: String
    var bytes: [UInt8]
  }

  /// - Parameter reference: a tag or a digest
  func manifest(_ repository: String, _ reference: String) throws(OwnRegistryError) -> FoundManifest {
    let found = state.withLock { state -> (String, RegistryCatalog.Manifest)? in
      guard let known = state.catalog.repositories[repository] else { return nil }
      let digest = reference.contains(":") ? reference : known.tags[reference] ?? ""
      return known.manifests[digest].map { (digest, $0) }
    }
    guard let (digest, manifest) = found else { throw .manifestUnknown(reference) }
    do throws(SystemError) {
      return FoundManifest(
        digest: digest, mediaType: manifest.mediaType, bytes: try Files.read(content.blobPath(digest)))
    } catch { throw OwnRegistryError(error) }
  }

  /// Takes a manifest whose blobs and manifests are there.
  /// - Returns: its digest, and what it speaks of
  func put(
    _ bytes: [UInt8], mediaType: String, _ repository: String, _ reference: String
  ) throws(OwnRegistryError) -> (digest: String, subject: String?) {
    let digest = Digest.of(bytes)
    if reference.contains(":") {
      guard reference == digest else { throw .digestInvalid("the manifest is \(digest), not \(reference)") }
    } else {
      guard ImageReference.isTag(reference) else { throw .manifestInvalid("\"\(reference)\" is no tag") }
    }
    let manifest = try OwnRegistry.read(bytes, mediaType)
    try change { (state) throws(OwnRegistryError) in
      var known = state.catalog.repositories[repository] ?? RegistryCatalog.Repository()
      let blobs = state.catalog.blobs
      for blob in manifest.blobs where state.fresh[blob] == nil && !blobs.contains(blob) { throw .manifestBlobUnknown(blob) }
      for child in manifest.manifests where known.manifests[child] == nil { throw .manifestBlobUnknown(child) }
      if known.manifests[digest] == nil, state.catalog.manifestCount >= OwnRegistry.manifestLimit {
        throw .tooMany(
          "the registry has \(OwnRegistry.manifestLimit) manifests: 'wavetank image prune' takes those without a tag away")
      }
      do throws(SystemError) { _ = try content.putBlob(bytes) } catch { throw OwnRegistryError(error) }
      known.manifests[digest] = manifest
      if !reference.contains(":") { known.tags[reference] = digest }
      state.catalog.repositories[repository] = known
    }
    return (digest, manifest.subject)
  }

  private static func read(_ bytes: [UInt8], _ mediaType: String) throws(OwnRegistryError) -> RegistryCatalog.Manifest {
    let tree: JSON
    do { tree = try JSONParser.parse(bytes) } catch { throw .manifestInvalid("it is no JSON: \(error)") }
    guard tree["schemaVersion"].int == 2 else { throw .manifestInvalid("its schemaVersion is not 2") }
    let said = tree["mediaType"].string ?? ""
    let type = mediaType.isEmpty ? said : mediaType
    guard said.isEmpty || said == type else { throw .manifestInvalid("it says that it is \(said), its request \(type)") }
    func digests(_ elements: [JSON]) throws(OwnRegistryError) -> [String] {
      var digests: [String] = []
      for element in elements {
        guard let digest = element["digest"].string, Digest.isValid(digest) else {
          throw .manifestInvalid("it names something without a sha256 digest")
        }
        digests.append(digest)
      }
      return digests
    }
    let isIndex = tree["manifests"].isArray
    var manifest = RegistryCatalog.Manifest(
      mediaType: type.isEmpty ? (isIndex ? ImageManifest.index : ImageManifest.image) : type, size: bytes.count)
    if isIndex {
      manifest.manifests = try digests(tree["manifests"].elements)
    } else {
      // Layers that are to be had elsewhere only are not pushed.
      let layers = tree["layers"].elements.filter { $0["urls"].elements.isEmpty }
      guard tree["config"].isObject else { throw .manifestInvalid("it has neither a config nor manifests") }
      manifest.blobs = try digests([tree["config"]] + layers)
    }
    manifest.subject = tree["subject"]["digest"].string.flatMap { Digest.isValid($0) ? $0 : nil }
    manifest.artifactType = tree["artifactType"].string ?? (isIndex ? nil : tree["config"]["mediaType"].string)
    return manifest
  }

  /// Takes away a tag, or a manifest with all its tags.
  func delete(_ repository: String, _ reference: String) throws(OwnRegistryError) {
    try change { (state) throws(OwnRegistryError) in
      guard var known = state.catalog.repositories[repository] else { throw .nameUnknown(repository) }
      if reference.contains(":") {
        guard known.manifests.removeValue(forKey: reference) != nil else { throw .manifestUnknown(reference) }
        known.tags = known.tags.filter { $0.value != reference }
      } else {
        guard known.tags.removeValue(forKey: reference) != nil else { throw .manifestUnknown(reference) }
      }
      state.catalog.repositories[repository] = known.manifests.isEmpty ? nil : known
    }
  }

  var names: [String] { state.withLock { $0.catalog.repositories.keys.sorted() } }

  func tags(_ repository: String) throws(OwnRegistryError) -> [String] {
    guard let known = state.withLock({ $0.catalog.repositories[repository] }) else { throw .nameUnknown(repository) }
    return known.tags.keys.sorted()
  }

  /// An index of what speaks of a manifest, which need not be there.
  func referrers(_ repository: String, _ digest: String, artifactType: String?) -> JSON {
    let found = state.withLock { state in
      (state.catalog.repositories[repository]?.manifests ?? [:]).filter { $0.value.subject == digest }
    }
    let entries = found.sorted { $0.key < $1.key }.filter { artifactType == nil || $0.value.artifactType == artifactType }
    let descriptors = entries.map { digest, manifest -> JSON in
      var descriptor: JSON = [
        "mediaType": .string(manifest.mediaType), "digest": .string(digest), "size": .int(Int64(manifest.size)),
      ]
      if let type = manifest.artifactType { descriptor["artifactType"] = .string(type) }
      let tree = (try? Files.read(content.blobPath(digest))).flatMap { try? JSONParser.parse($0) }
      if let annotations = tree?["annotations"], annotations.isObject { descriptor["annotations"] = annotations }
      return descriptor
    }
    return ["schemaVersion": 2, "mediaType": .string(ImageManifest.index), "manifests": .array(descriptors)]
  }
}
