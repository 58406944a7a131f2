import CoreObjects

/// Which images there are, which nodes have them, and under which names. Kept in images.json.
struct ImageTable: Sendable, Equatable {
  struct Image: Sendable, Equatable {
    var sizeBytes: Int64
    var layers: [String]
    var user: String
    /// The files that the layers came as; none for an image that was packed here.
    var blobs: [String] = []
    /// A registry has it, so that it can be had again.
    var isPulled = false
  }

  struct Node: Sendable, Equatable {
    /// Full reference to identifier.
    var names: [String: String] = [:]
    /// All images on the node, also those that lost their name to a newer one.
    var images: Set<String> = []
    /// By image and repository; an image that is not in it may be had by all.
    var access: [String: [String: ImageAccess]] = [:]
  }

  var images: [String: Image] = [:]
  var nodes: [String: Node] = [:]

  func names(of id: String, on node: String) -> [String] {
    (nodes[node]?.names ?? [:]).filter { $0.value == id }.map(\.key).sorted()
  }

  /// By full reference, or by identifier: whole, without "sha256:", or at least 12 of its digits.
  func find(_ name: String, on node: String) -> String? {
    guard let node = nodes[node] else { return nil }
    if let reference = try? ImageReference(name), let id = node.names[reference.description] { return id }
    let digits = name.hasPrefix("sha256:") ? name.dropFirst("sha256:".count) : Substring(name)
    guard digits.utf8.count >= 12, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }) else {
      return nil
    }
    let matches = node.images.filter { $0.dropFirst("sha256:".count).hasPrefix(digits) }
    return matches.count == 1 ? matches.first : nil
  }

  /// Forgets images that no node has.
  mutating func prune() {
    let used = nodes.values.reduce(into: Set<String>()) { $0.formUnion($1.images) }
    images = images.filter { used.contains($0.key) }
  }

  init() {}

  init(_ tree: JSON) {
    for image in tree["images"].elements {
      guard let id = image["id"].string else { continue }
      images[id] = Image(
        sizeBytes: Int64(image["size"].int ?? 0), layers: image["layers"].elements.compactMap(\.string),
        user: image["user"].string ?? "", blobs: image["blobs"].elements.compactMap(\.string),
        isPulled: image["pulled"].bool ?? false)
    }
    for node in tree["nodes"].elements {
      var entry = Node()
      for image in node["images"].elements.compactMap(\.string) where images[image] != nil { entry.images.insert(image) }
      for name in node["names"].elements {
        if let reference = name["name"].string, let id = name["id"].string, entry.images.contains(id) {
          entry.names[reference] = id
        }
      }
      for access in node["access"].elements {
        guard let id = access["id"].string, let repository = access["repository"].string else { continue }
        entry.access[id, default: [:]][repository] = ImageAccess(access)
      }
      nodes[node["node"].string ?? ""] = entry
    }
  }

  var tree: JSON {
    let images = images.sorted { $0.key < $1.key }.map { id, image -> JSON in
      [
        "id": .string(id), "size": .int(image.sizeBytes), "layers": .array(image.layers.map { .string($0) }),
        "user": .string(image.user), "blobs": .array(image.blobs.map { .string($0) }), "pulled": .bool(image.isPulled),
      ]
    }
    let nodes = nodes.sorted { $0.key < $1.key }.map { name, node -> JSON in
      let names = node.names.sorted { $0.key < $1.key }.map { name, id -> JSON in ["name": .string(name), "id": .string(id)] }
      let access = node.access.sorted { $0.key < $1.key }.flatMap { id, repositories in
        repositories.sorted { $0.key < $1.key }.map { $1.tree(of: id, in: $0) }
      }
      return [
        "node": .string(name), "images": .array(node.images.sorted().map { .string($0) }), "names": .array(names),
        "access": .array(access),
      ]
    }
    return ["images": .array(images), "nodes": .array(nodes)]
  }
}
