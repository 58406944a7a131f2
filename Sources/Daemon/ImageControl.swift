import CoreNode
import EdgeImages

/// The images of a cluster, as `wavetank load` and `wavetank image` see them.
struct ImageControl {
  let store: ImageStore
  let nodes: [String]
  /// By node, the names and identifiers of the images that its pods have.
  let used: [String: Set<String>]

  /// - Returns: the lines to be shown.
  func perform(_ request: ImageRequest) throws(ImageError) -> [String] {
    switch request {
    case .loadArchive(let path): return report(try store.load(archive: path, nodes: nodes))
    case .loadImage(let name): return report(try store.load(engineImage: name, nodes: nodes))
    case .pack(let name, let program):
      let image = try ImagePacker(.application(name: name, program: program)).pack(into: store, nodes: [ImageStore.packedNode])
      return [
        "Packed \(image.names.joined(separator: ", ")) with ID \"\(image.id)\"; 'wavetank load docker-image \(name)' puts it on the nodes."
      ]
    case .packTools(let name):
      return report([try ImagePacker(.kubernetesTools(name: name)).pack(into: store, nodes: nodes)])
    case .list: return list()
    case .remove(let name):
      let holders = (nodes + [ImageStore.packedNode])
        .filter { store.list(node: $0).contains { $0.names.contains { $0.hasSuffix(name) } } }
      if holders.isEmpty { throw .notFound(name) }
      // Its layers are the roots of containers.
      for node in holders { try store.remove(name, node: node, inUse: used[node] ?? []) }
      return ["Removed \(name)."]
    case .save(let name, let path):
      let saved = try store.save(name, from: nodes + [ImageStore.packedNode], to: path)
      return ["Saved \(name) with ID \"\(saved.id)\" as \(path), \(ImageControl.size(Int64(saved.bytes)))."]
    case .prune:
      let pruned = try store.prune(used)
      return pruned.names.map { "Removed \($0)." } + ["\(ImageControl.size(pruned.bytes)) of the disk are free again."]
    case .pulling: return store.pulling
    case .pull(let name): throw .engine(reason: "image \"\(name)\" is not pulled in its turn")
    }
  }

  /// Fetches an image from its registry, whether a node has it or not, onto every node.
  func pull(_ name: String) async throws(ImageError) -> [String] {
    guard let first = nodes.first else { return [] }
    let (facts, _, origin) = try await store.ensure(node: first, image: name, pull: .always)
    if case .unasked(let reason) = origin { throw .registryUnreachable(name, reason: reason) }
    _ = try store.share(name, from: first, to: Array(nodes.dropFirst()))
    return [
      "Pulled \(name) with ID \"\(facts.id)\" onto \(nodes.count == 1 ? "node \(first)" : "\(nodes.count) nodes"), \(ImageControl.size(facts.sizeBytes))."
    ]
  }

  /// "12.3 MB"
  static func size(_ bytes: Int64) -> String {
    if bytes < 1000 { return "\(bytes) bytes" }
    var (tenths, unit) = (bytes / 100, 0)
    let units = ["kB", "MB", "GB", "TB"]
    while tenths >= 10_000, unit < units.count - 1 { (tenths, unit) = (tenths / 1000, unit + 1) }
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// Which image went where, in the words of kind's own command.
  private func report(_ images: [LoadedImage]) -> [String] {
    images.flatMap { image in
      nodes.map { node in
        let name = image.names.first ?? ""
        return image.nodesThatHadIt.contains(node)
          ? "Image: \"\(name)\" with ID \"\(image.id)\" already present on node \"\(node)\"."
          : "Image: \"\(name)\" with ID \"\(image.id)\" not yet present on node \"\(node)\", loaded."
      }
    }
  }

  private func list() -> [String] {
    var lines = ["NODE                     IMAGE                                              ID            SIZE"]
    func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
    for node in nodes + [ImageStore.packedNode] {
      for image in store.list(node: node) {
        let id = image.id.split(separator: ":").last.map { String($0.prefix(12)) } ?? ""
        for name in image.names {
          lines.append(pad(node.isEmpty ? "(packed)" : node, 25) + pad(name, 51) + pad(id, 14) + "\(image.sizeBytes >> 20)Mi")
        }
      }
    }
    return lines
  }
}
