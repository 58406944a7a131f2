import CoreNode
import EdgeImages

/// The images of a cluster, as `wavetank load` and `wavetank image` see them.
struct ImageControl {
  let store: ImageStore
  let nodes: [String]

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
      for node in nodes + [ImageStore.packedNode]
      where store.list(node: node).contains(where: { $0.names.contains { $0.hasSuffix(name) } }) {
        try store.remove(name, node: node)
      }
      return ["Removed \(name)."]
    }
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
