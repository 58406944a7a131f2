package import CoreAPI
package import CoreJSON
package import CoreStore
package import CoreTypes

/// Writes of a simulation that stands in for controllers which it leaves out. They take the verbs' own path.
extension Engine {
  private static var feeder: CoreAPI.UserInfo { CoreAPI.UserInfo(name: "system:simulation", groups: ["system:masters"]) }

  package mutating func writeForSimulation(
    create resource: ResourceID, namespace: String, tree: JSON, at now: Instant
  ) throws(APIError) -> StoredObject {
    defer { settle(now) }
    return try server.create(resource, namespace: namespace, tree: tree, user: Engine.feeder, at: now)
  }

  package mutating func statusForSimulation(_ resource: ResourceID, tree: JSON, at now: Instant) {
    _ = try? server.updateStatus(resource, tree: tree, user: Engine.feeder, at: now)
    settle(now)
  }

  package mutating func deleteForSimulation(_ key: ObjectKey, uid: String, at now: Instant) {
    try? server.delete(key, uid: uid, graceSeconds: 0, propagation: nil, user: Engine.feeder, at: now)
    settle(now)
  }
}
