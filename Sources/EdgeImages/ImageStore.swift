package import CoreNode
import CoreObjects
package import EdgeLinux
import Glibc
import Synchronization

/// What `load` did with one image.
package struct LoadedImage: Sendable, Equatable {
  /// Full references; empty for an image without a name.
  package var names: [String]
  package var id: String
  package var nodes: [String]
  /// Those of `nodes` that had it before.
  package var nodesThatHadIt: [String]
}

/// An image whose content is here, before the table names it.
struct StoredImage: Sendable {
  var id: String
  var image: ImageTable.Image
  /// Full references.
  var names: [String]
}

/// The images of a cluster: content once for the machine, presence per node.
///
/// `load`, `add` and `remove` do disk work on the calling thread; call them off the event loops. All are safe to call at once.
package final class ImageStore: Sendable {
  /// The place of images that `wavetank image pack` made and no node has loaded yet.
  package static let packedNode = ""

  let content: ContentStore
  /// Images that were pushed to the cluster.
  package let ownRegistry: OwnRegistry
  let registry: RegistryClient
  let pulls = PullTable()
  let state: Mutex<State>
  private let lock: Mutex<DirectoryLock?>

  struct State {
    var table: ImageTable
    /// How many are storing content that the table does not name yet. Nothing is deleted meanwhile.
    var adding = 0
  }

  /// Opens the store, or makes it.
  package init(
    directory: String, registry: RegistryClient = .unreachable, limits: UnpackLimits = UnpackLimits()
  ) throws(ImageError) {
    try stored(try Files.makeDirectories(directory, mode: 0o700))
    do throws(DirectoryLock.Failure) { lock = Mutex(try DirectoryLock(directory)) } catch {
      guard case .unusable(let error) = error else {
        throw .storage(path: directory, reason: "another process uses these images")
      }
      throw .storage(path: directory, reason: error.reason)
    }
    content = try ContentStore(directory: directory, limits: limits)
    ownRegistry = try OwnRegistry(content)
    state = Mutex(State(table: try ImageStore.readTable(directory + "/images.json")))
    self.registry = registry
  }

  /// Lets another process have the store; nothing may be asked of this one any more.
  package func release() { lock.withLock { $0 = nil } }

  private static func readTable(_ path: String) throws(ImageError) -> ImageTable {
    guard Files.exists(path) else { return ImageTable() }
    do { return ImageTable(try JSONParser.parse(try Files.read(path))) } catch {
      throw .storage(path: path, reason: "damaged (\(error)); delete it to start without images")
    }
  }

  /// Keeps what `body` stores until the table names it; what it left when it failed goes.
  func adding<R>(_ body: () throws(ImageError) -> R) throws(ImageError) -> R {
    state.withLock { $0.adding += 1 }
    do throws(ImageError) {
      let result = try body()
      state.withLock { $0.adding -= 1 }
      return result
    } catch {
      state.withLock { $0.adding -= 1 }
      collectGarbage()
      throw error
    }
  }

  /// Loads every image of a `docker save` or OCI archive, compressed or not, onto the nodes. All of them or none.
  package func load(archive path: String, nodes: [String]) throws(ImageError) -> [LoadedImage] {
    let file: Descriptor
    do throws(SystemError) { file = try Descriptor.open(path, O_RDONLY) } catch {
      throw .badArchive(what: path, reason: error.reason)
    }
    return try load(file, what: path, nodes: nodes)
  }

  /// - Parameter what: what messages call the archive.
  package func load(_ file: Descriptor, what: String, nodes: [String]) throws(ImageError) -> [LoadedImage] {
    let scratch = try content.scratch()
    defer { try? Files.remove(scratch) }
    let archive = try ImageArchive(file, what: what, scratch: scratch, limits: content.limits)
    return try add(try archive.images(), what: what, nodes: nodes)
  }

  /// Stores images whose files lie on this machine. All of them or none.
  package func add(_ offered: [OfferedImage], what: String, nodes: [String]) throws(ImageError) -> [LoadedImage] {
    try adding { () throws(ImageError) in
      var stored: [StoredImage] = []
      for offer in offered { stored.append(try store(offer, what: what)) }
      return try record(stored, nodes: nodes)
    }
  }

  func store(_ offer: OfferedImage, what: String) throws(ImageError) -> StoredImage {
    let configuration = try ImageConfiguration(offer.configuration, what: what)
    guard configuration.diffIDs.count == offer.layers.count else {
      throw .badArchive(
        what: what, reason: "the configuration lists \(configuration.diffIDs.count) layers, the manifest \(offer.layers.count)")
    }
    var names: [String] = []
    for name in offer.names {
      do throws(ImageError) { names.append(try ImageReference(name).description) } catch {
        throw .badArchive(what: what, reason: error.description)
      }
    }
    let size = offer.layers.reduce(Int64(offer.configuration.count)) { $0 + $1.sizeBytes }
    var image = ImageTable.Image(sizeBytes: size, layers: configuration.diffIDs, user: configuration.user)
    image.isPulled = offer.isPulled
    for (layer, diffID) in zip(offer.layers, configuration.diffIDs) {
      image.blobs.append(try content.putLayer(layer, diffID: diffID, what: what))
    }
    return StoredImage(id: try stored(try content.putBlob(offer.configuration)), image: image, names: names)
  }

  /// Enters stored images in the table.
  /// - Parameter secret: what opened the registry that they are from; nil: all pods may have them.
  func record(_ stored: [StoredImage], nodes: [String], secret: RegistryCredential? = nil) throws(ImageError) -> [LoadedImage] {
    try change { (table) throws(ImageError) in
      stored.map { image in
        var loaded = LoadedImage(names: image.names, id: image.id, nodes: nodes, nodesThatHadIt: [])
        table.images[image.id] = image.image
        for node in nodes {
          if table.nodes[node, default: .init()].add(image, secret) { loaded.nodesThatHadIt.append(node) }
        }
        return loaded
      }
    }
  }

  /// Changes the table in memory and on the disk, or neither.
  func change<R>(_ body: (inout ImageTable) throws(ImageError) -> R) throws(ImageError) -> R {
    let result: Result<R, ImageError> = state.withLock { state in
      do throws(ImageError) {
        var next = state.table
        let value = try body(&next)
        if next != state.table {
          try stored(try Files.replace(content.directory + "/images.json", next.tree.encoded(), isDurable: true))
        }
        state.table = next
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The images on a node, by their first name.
  package func list(node: String) -> [ImageFacts] {
    state.withLock { state in
      let table = state.table
      return (table.nodes[node]?.images ?? []).compactMap { facts($0, node, table) }
        .sorted { ($0.names.first ?? "~", $0.id) < ($1.names.first ?? "~", $1.id) }
    }
  }

  func facts(_ id: String, _ node: String, _ table: ImageTable) -> ImageFacts? {
    guard let image = table.images[id] else { return nil }
    return ImageFacts(id: id, names: table.names(of: id, on: node), sizeBytes: image.sizeBytes, user: image.user)
  }

  /// Takes a name, or an image with all its names (by identifier), off a node; content that no node needs goes from the disk.
  /// - Parameter inUse: identifiers of the images that containers run from.
  package func remove(_ name: String, node: String, inUse: Set<String> = []) throws(ImageError) {
    try change { (table) throws(ImageError) in
      guard let id = table.find(name, on: node) else { throw .notFound(name) }
      let reference = (try? ImageReference(name))?.description ?? ""
      let names = table.names(of: id, on: node)
      let remaining = names.contains(reference) ? names.filter { $0 != reference } : []
      if remaining.isEmpty, inUse.contains(id) { throw .inUse(name) }
      for name in names where !remaining.contains(name) { table.nodes[node]?.names[name] = nil }
      if remaining.isEmpty { table.nodes[node]?.remove(id) }
      table.prune()
    }
    collectGarbage()
  }

  /// Takes off a node what no container runs from and a registry has. What was loaded or packed nobody could bring back.
  /// - Returns: whether there was any
  package func removeUnused(node: String, inUse: Set<String>) -> Bool {
    let isChanged = try? change { (table) throws(ImageError) in
      guard var left = table.nodes[node] else { return false }
      let unused = left.images.filter { table.images[$0]?.isPulled == true && !inUse.contains($0) }
      if unused.isEmpty { return false }
      left.images.subtract(unused)
      left.names = left.names.filter { !unused.contains($0.value) }
      for id in unused { left.access[id] = nil }
      table.nodes[node] = left
      table.prune()
      return true
    }
    if isChanged == true { collectGarbage() }
    return isChanged ?? false
  }

  package func collectGarbage() { _ = collectGarbage(measuring: false) }

  /// - Returns: the bytes that are free again, where they are to be measured
  func collectGarbage(measuring: Bool) -> Int64 {
    state.withLock { state in
      guard state.adding == 0 else { return 0 }
      let images = state.table.images
      var bytes: Int64 = 0
      ownRegistry.keeping { pushed in
        bytes = content.keepOnly(
          blobs: pushed.union(images.keys).union(images.values.flatMap(\.blobs)), layers: Set(images.values.flatMap(\.layers)),
          measuring: measuring)
      }
      return bytes
    }
  }

  /// The image where the node has it.
  package func present(node: String, image: String) throws(ImageError) -> (ImageFacts, PreparedImage)? {
    let found = state.withLock { state in state.table.find(image, on: node).flatMap { facts($0, node, state.table) } }
    guard let facts = found else { return nil }
    let configuration = try ImageConfiguration(try stored(try Files.read(content.blobPath(facts.id))), what: image)
    let prepared = PreparedImage(
      id: facts.id, layerDirectories: configuration.diffIDs.map(content.layerPath), entrypoint: configuration.entrypoint,
      command: configuration.command, environment: configuration.environment, workingDirectory: configuration.workingDirectory,
      user: configuration.user, stopSignal: configuration.stopSignal)
    return (facts, prepared)
  }

  /// Puts an image that one node has, such as a packed one, onto others. Nil where `node` does not have it.
  package func share(_ name: String, from node: String, to nodes: [String]) throws(ImageError) -> LoadedImage? {
    let found = state.withLock { state in
      let table = state.table
      return table.find(name, on: node).flatMap { id in
        table.images[id].map { StoredImage(id: id, image: $0, names: table.names(of: id, on: node)) }
      }
    }
    guard let found else { return nil }
    return try record([found], nodes: nodes).first
  }
}
