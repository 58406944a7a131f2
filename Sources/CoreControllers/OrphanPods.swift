import CoreObjects

/// Objects of one resource (by default pods) without a controller, updated by every change: only these may be adopted.
struct OrphanPods: Sendable {
  private let resource: ResourceID
  private var namespaces: [String: Set<ObjectKey>] = [:]

  init(_ resource: ResourceID = .pods) { self.resource = resource }

  mutating func record(_ change: StoreChange) {
    let key = change.object.key
    guard key.resource == resource else { return }
    if change.kind != .deleted, change.object.controllerReference.isNull {
      namespaces[key.namespace, default: []].insert(key)
    } else if change.previous?.controllerReference.isNull != true {
      // Neither before nor after: it has not been here.
    } else if namespaces[key.namespace]?.remove(key) != nil, namespaces[key.namespace]!.isEmpty {
      namespaces[key.namespace] = nil
    }
  }

  func keys(in namespace: String) -> [ObjectKey] {
    if namespaces.isEmpty { return [] }
    return namespaces[namespace]?.sorted() ?? []
  }
}
