import EdgeLinux
import Synchronization

/// What `prune` took away.
package struct PrunedImages: Sendable, Equatable {
  /// Full references, or identifiers of images without a name, sorted.
  package var names: [String]
  /// That are free again on the disk.
  package var bytes: Int64
}

extension ImageStore {
  /// Takes images off nodes that nothing there uses, and from the cluster's own registry what no tag leads to.
  /// - Parameter used: by node, the names and identifiers of the images that its pods have.
  package func prune(_ used: [String: Set<String>]) throws(ImageError) -> PrunedImages {
    var names: Set<String> = []
    try change { (table) throws(ImageError) in
      for (node, wanted) in used.sorted(by: { $0.key < $1.key }) {
        let kept = Set(wanted.compactMap { table.find($0, on: node) })
        for id in table.nodes[node]?.images.subtracting(kept) ?? [] {
          let all = table.names(of: id, on: node)
          names.formUnion(all.isEmpty ? [id] : all)
          for name in all { table.nodes[node]?.names[name] = nil }
          table.nodes[node]?.remove(id)
        }
      }
      table.prune()
    }
    do throws(OwnRegistryError) { try ownRegistry.prune(used: used.values.reduce([]) { $0.union($1) }) } catch {
      throw .storage(path: content.directory, reason: error.message)
    }
    return PrunedImages(names: names.sorted(), bytes: collectGarbage(measuring: true))
  }
}
