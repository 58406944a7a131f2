import CoreStore
import CoreTypes

/// Objects of one resource (pods, unless told) without a controller, kept up with every change: the only ones that may be adopted.
struct OrphanPods: Sendable {
  private let resource: ResourceID
  private var namespaces: [String: Set<ObjectKey>] = [:]

  init(_ resource: ResourceID = .pods) { self.resource = resource }

  mutating func note(_ change: StoreChange) {
    let key = change.object.key
    guard key.resource == resource else { return }
    if change.kind != .deleted, change.object.controller == nil {
      namespaces[key.namespace, default: []].insert(key)
    } else if namespaces[key.namespace]?.remove(key) != nil, namespaces[key.namespace]!.isEmpty {
      namespaces[key.namespace] = nil
    }
  }

  func keys(in namespace: String) -> [ObjectKey] { namespaces[namespace]?.sorted() ?? [] }
}
