import CoreObjects
import EdgeLinux
import Synchronization

/// The cluster's own registry: images that were pushed to it, in the content store, from which nodes take them without a pull.
/// Blobs are one set for all repositories, so that of a new image only what is new is sent.
package final class OwnRegistry: Sendable {
  static let manifestLimit = 20_000
  static let uploadLimit = 100
  /// How long an upload may be left alone, and a blob be named by no manifest.
  static let patience = Duration.seconds(3600)

  struct State {
    var catalog: RegistryCatalog
    var uploads: [String: RegistryUpload] = [:]
    /// Blobs that were pushed or looked for a while ago, for a manifest that is to come.
    var fresh: [String: ContinuousClock.Instant] = [:]
    /// How images of it are named: "localhost:5000".
    var places: Set<String> = []
  }

  let content: ContentStore
  let state: Mutex<State>

  init(_ content: ContentStore) throws(ImageError) {
    self.content = content
    let path = content.directory + "/registry.json"
    var catalog = RegistryCatalog()
    if Files.exists(path) {
      do { catalog = RegistryCatalog(try JSONParser.parse(try Files.read(path, limit: 1 << 30))) } catch {
        throw .storage(path: path, reason: "damaged (\(error)); delete it to start without what was pushed")
      }
    }
    state = Mutex(State(catalog: catalog))
    try stored(try Files.remove(content.directory + "/uploads"))
  }

  /// Names that begin with these places are its own from now on.
  package func serve(at port: UInt16) {
    state.withLock { $0.places = ["localhost:\(port)", "127.0.0.1:\(port)"] }
  }

  func isOwn(_ reference: ImageReference) -> Bool { state.withLock { $0.places.contains(reference.registry) } }

  /// Runs `body` with what must not go from the disk, while nothing new is named.
  func keeping(_ body: (Set<String>) -> Void) {
    state.withLock { state in
      let now = ContinuousClock.now
      state.fresh = state.fresh.filter { now - $0.value < OwnRegistry.patience }
      body(state.catalog.blobs.union(state.fresh.keys))
    }
  }

  /// An image for this machine, whose layers are files of the store.
  func offer(_ reference: ImageReference) throws(ImageError) -> OfferedImage {
    func failed(_ reason: String) -> ImageError { .pullFailed(reference.description, reason: reason) }
    let found = state.withLock { state -> (digest: String, index: Bool)? in
      let repository = state.catalog.repositories[reference.repository]
      let digest = reference.digest ?? repository?.tags[reference.tag ?? "latest"]
      return digest.flatMap { digest in repository?.manifests[digest].map { (digest, !$0.manifests.isEmpty) } }
    }
    guard var digest = found?.digest else { throw failed("nothing was pushed to the cluster's registry under that name") }
    var manifest = try document(digest, reference)
    for _ in 0..<3 where manifest["manifests"].isArray {
      guard let choice = ImageManifest.choice(manifest) else {
        throw failed("it is not made for linux/\(ImageArchive.architecture)")
      }
      digest = choice
      manifest = try document(digest, reference)
    }
    if let reason = ImageManifest.refusal(manifest) { throw failed(reason) }
    guard let configuration = manifest["config"]["digest"].string, Digest.isValid(configuration) else {
      throw failed("its manifest names no configuration")
    }
    var layers: [OfferedLayer] = []
    for layer in manifest["layers"].elements {
      guard let digest = layer["digest"].string, Digest.isValid(digest) else { throw failed("a layer has no digest") }
      layers.append(OfferedLayer(file: content.blobPath(digest), digest: digest))
    }
    let bytes = try stored(try Files.read(content.blobPath(configuration)))
    return OfferedImage(configuration: bytes, layers: layers, names: [])
  }

  private func document(_ digest: String, _ reference: ImageReference) throws(ImageError) -> JSON {
    let bytes = try stored(try Files.read(content.blobPath(digest)))
    do { return try JSONParser.parse(bytes) } catch {
      throw .pullFailed(reference.description, reason: "its manifest is no JSON: \(error)")
    }
  }

  /// Forgets manifests that nothing leads to.
  /// - Parameter used: names of images; some may have a digest in the place of a tag
  func prune(used: Set<String>) throws(OwnRegistryError) {
    try change { (state) throws(OwnRegistryError) in
      state.fresh = [:]
      state.catalog.prune(keeping: Set(used.compactMap { (try? ImageReference($0))?.digest }))
    }
  }

  /// Changes the catalog in memory and on the disk, or neither.
  func change<Value>(
    _ body: (inout State) throws(OwnRegistryError) -> Value
  ) throws(OwnRegistryError) -> Value {
    let result: Result<Value, OwnRegistryError> = state.withLock { state in
      let before = state.catalog
      do throws(OwnRegistryError) {
        let value = try body(&state)
        if state.catalog != before { try save(state.catalog) }
        return .success(value)
      } catch {
        state.catalog = before
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// What was pushed before reaches the disk with it.
  private func save(_ catalog: RegistryCatalog) throws(OwnRegistryError) {
    do throws(SystemError) {
      try Descriptor.directory(content.directory).syncFileSystem()
      try Files.replace(content.directory + "/registry.json", catalog.tree.encoded(), isDurable: true)
    } catch { throw OwnRegistryError(error) }
  }
}
