import CoreObjects
import EdgeLinux
import Glibc

/// Fetches one image in one session: manifest, configuration, and the layers that are not here yet.
struct RegistryPull: Sendable {
  let session: RegistrySession
  let request: PullRequest
  let patience: PullPatience

  private struct Layer: Sendable {
    var digest: String
    var size: Int
    /// nil: it is here.
    var file: String?
  }

  func run() async throws(RegistryFailure) -> OfferedImage {
    let manifest = try await manifest()
    guard let configDigest = manifest["config"]["digest"].string, Digest.isValid(configDigest) else {
      throw .wrong("its manifest names no configuration")
    }
    let configuration = try await session.document("blobs/" + configDigest, digest: configDigest)
    let diffIDs = (try? ImageConfiguration(configuration, what: request.reference.description))?.diffIDs ?? []
    var layers = try self.layers(manifest)
    for index in layers.indices {
      let isHere = index < diffIDs.count && request.hasLayer(layers[index].digest, diffIDs[index])
      layers[index].file = isHere ? nil : request.scratch + "/layer-\(index)"
    }
    let missing = layers.filter { $0.file != nil }
    request.progress.expect(layers: missing.count, bytes: missing.reduce(0) { $0 + Int64($1.size) })
    try await save(missing)
    return OfferedImage(
      configuration: configuration,
      layers: layers.map { OfferedLayer(file: $0.file, digest: $0.digest, size: Int64($0.size)) }, names: [])
  }

  /// That of the image, by way of an index where there is one.
  private func manifest() async throws(RegistryFailure) -> JSON {
    let reference = request.reference
    var (path, digest) = (reference.digest ?? reference.tag ?? "latest", reference.digest)
    for _ in 0..<3 {
      let bytes = try await session.document("manifests/" + path, digest: digest)
      let tree: JSON
      do { tree = try JSONParser.parse(bytes) } catch { throw .wrong("its manifest is no JSON: \(error)") }
      guard tree["manifests"].isArray else {
        if let reason = ImageManifest.refusal(tree) { throw .wrong(reason) }
        return tree
      }
      guard let chosen = ImageManifest.choice(tree) else { throw .wrong("it is not made for linux/\(ImageArchive.architecture)") }
      (path, digest) = (chosen, chosen)
    }
    throw .wrong("its index leads to further indexes")
  }

  private func layers(_ manifest: JSON) throws(RegistryFailure) -> [Layer] {
    let elements = manifest["layers"].elements
    guard elements.count <= patience.layers else { throw .wrong("it has more than \(patience.layers) layers") }
    var layers: [Layer] = []
    for element in elements {
      guard let digest = element["digest"].string, Digest.isValid(digest) else {
        throw .wrong("a layer of its manifest has no sha256 digest")
      }
      let size = element["size"].int ?? -1
      guard size >= 0, size <= request.limit else { throw .wrong("layer \(digest) has no size that it could have") }
      layers.append(Layer(digest: digest, size: size, file: nil))
    }
    return layers
  }

  /// Some at once; ended when less comes than has to, however it trickles.
  private func save(_ layers: [Layer]) async throws(RegistryFailure) {
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await self.saveAll(layers) }
        group.addTask { try await self.watch() }
        defer { group.cancelAll() }
        try await group.next()
      }
    } catch { throw RegistryFailure(error, hasAnswered: true) }
  }

  private func saveAll(_ layers: [Layer]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, layer) in layers.enumerated() {
        if index >= patience.layersAtOnce { try await group.next() }
        group.addTask { try await self.save(layer) }
      }
      try await group.waitForAll()
    }
  }

  private func watch() async throws {
    var before = request.progress.received
    while true {
      try await Task.sleep(for: patience.period)
      let now = request.progress.received
      if now - before < patience.leastBytes {
        throw RegistryFailure.wrong("only \(now - before) bytes came in \(patience.period.components.seconds) s")
      }
      before = now
    }
  }

  private func save(_ layer: Layer) async throws {
    guard let path = layer.file else { return }
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    let sink = Collector(limit: layer.size, file: file, progress: request.progress)
    try await session.save("blobs/" + layer.digest, to: sink)
    guard sink.count == layer.size else {
      throw RegistryFailure.wrong("layer \(layer.digest) has \(sink.count) bytes, the manifest says \(layer.size)")
    }
    request.progress.finishLayer()
  }
}
