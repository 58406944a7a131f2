package import CoreObjects

/// Finds slices by their Service, and Services and slices by an address. It follows the store's log, so that asking again costs only
/// what has changed since.
package struct ServiceIndex: Sendable {
  private var revision: UInt64?
  private var slices: [ObjectKey: [ObjectKey]] = [:]
  private var holders: [String: [ObjectKey]] = [:]

  package init() {}

  /// Sorted by key.
  func slices(of service: ObjectKey) -> [ObjectKey] { slices[service] ?? [] }

  /// Services whose cluster address it is, and slices that have an endpoint there; sorted by key.
  func holders(of address: String) -> [ObjectKey] { holders[address] ?? [] }

  static func service(of slice: StoredObject) -> ObjectKey? {
    guard let name = slice.metadata.labels[ServiceBackend.serviceLabel], !name.isEmpty else { return nil }
    return ObjectKey(.services, namespace: slice.key.namespace, name)
  }

  package mutating func follow(_ store: Store) {
    if revision == store.revision { return }
    if let revision, let changes = store.log.changes(after: revision) {
      for change in changes {
        if let previous = change.previous { update(previous, ServiceIndex.remove) }
        if change.kind != .deleted { update(change.object, ServiceIndex.insert) }
      }
    } else {
      (slices, holders) = ([:], [:])
      for resource in [ResourceID.services, .endpointSlices] {
        for object in store.list(resource) { update(object, ServiceIndex.insert) }
      }
    }
    revision = store.revision
  }

  private mutating func update(_ object: StoredObject, _ change: (ObjectKey, inout [ObjectKey]?) -> Void) {
    switch object.key.resource {
    case .services:
      for address in object.view(Service.self).spec.clusterIPs.values where address != "None" {
        change(object.key, &holders[address])
      }
    case .endpointSlices:
      if let service = ServiceIndex.service(of: object) { change(object.key, &slices[service]) }
      let addresses = object.view(EndpointSlice.self).endpoints.flatMap(\.addresses.values)
      for address in Set(addresses) { change(object.key, &holders[address]) }
    default: break
    }
  }

  private static func insert(_ key: ObjectKey, into keys: inout [ObjectKey]?) {
    var present = keys ?? []
    let place = present.firstIndex { key <= $0 } ?? present.count
    if place == present.count || present[place] != key { present.insert(key, at: place) }
    keys = present
  }

  private static func remove(_ key: ObjectKey, from keys: inout [ObjectKey]?) {
    keys?.removeAll { $0 == key }
    if keys?.isEmpty == true { keys = nil }
  }
}
