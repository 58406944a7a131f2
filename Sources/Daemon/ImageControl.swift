import CoreJSON
import CoreNode
import EdgeImages
import Glibc

/// What `wavetank load` and `wavetank image` ask of a running cluster, which alone holds the image store: one JSON object a
/// connection on a socket in the data directory, answered by one with `lines` or `error`.
struct ImageControl: Sendable {
  let store: ImageStore
  let nodes: [String]
  /// Called after the nodes' images may have changed.
  let changed: @Sendable () -> Void

  func answer(_ request: JSON) -> JSON {
    do throws(ImageError) {
      let lines = try carryOut(request)
      changed()
      return ["lines": .array(lines.map { .string($0) })]
    } catch { return ["error": .string("\(error)")] }
  }

  private func carryOut(_ request: JSON) throws(ImageError) -> [String] {
    let name = request[.name].string ?? ""
    let path = request[.path].string ?? ""
    switch request[Key("verb")].string {
    case "load-archive": return told(try store.load(archive: path, nodes: nodes))
    case "load-image": return told(try store.load(engineImage: name, nodes: nodes))
    case "pack":
      let image = try ImagePacker(.application(name: name, program: path)).pack(into: store, nodes: [ImageStore.packedNode])
      return [
        "Packed \(image.names.joined(separator: ", ")) with ID \"\(image.id)\"; 'wavetank load docker-image \(name)' puts it on the nodes."
      ]
    case "pack-tools":
      return told([try ImagePacker(.kubernetesTools(name: name)).pack(into: store, nodes: nodes)])
    case "list": return list()
    case "rm":
      for node in nodes + [ImageStore.packedNode]
      where store.list(node: node).contains(where: { $0.names.contains { $0.hasSuffix(name) } }) {
        try store.remove(name, node: node)
      }
      return ["Removed \(name)."]
    default: throw .engine(reason: "the request is not understood by this version of the cluster")
    }
  }

  /// Which image went where, in the words of kind's own command.
  private func told(_ images: [LoadedImage]) -> [String] {
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
