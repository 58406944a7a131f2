import CoreStore
import CoreTypes

/// Pods without a controller, kept up with every change: the only ones that a workload may adopt.
struct OrphanPods: Sendable {
  private var namespaces: [String: Set<ObjectKey>] = [:]

  mutating func note(_ change: StoreChange) {
    let key = change.object.key
    guard key.resource == .pods else { return }
    if change.kind != .deleted, OwnedPods.controller(of: change.object.metadata) == nil {
      namespaces[key.namespace, default: []].insert(key)
    } else if namespaces[key.namespace]?.remove(key) != nil, namespaces[key.namespace]!.isEmpty {
      namespaces[key.namespace] = nil
    }
  }

  func keys(in namespace: String) -> [ObjectKey] { namespaces[namespace]?.sorted() ?? [] }
}
