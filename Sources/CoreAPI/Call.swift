import CoreObjects

/// One request for a resource on its way through a verb: understood, authenticated, authorised.
struct Call: Sendable {
  let request: APIRequest
  let info: RequestInfo
  let query: Query
  let accept: Accept
  let user: Caller
  let now: Instant
  let served: ServedResource

  var key: ObjectKey { ObjectKey(served.id, namespace: namespace, info.pathName) }
  /// The namespace of the path; "" for resources of the cluster.
  var namespace: String { served.definition.isNamespaced ? info.namespace : "" }
  /// nil: all.
  var listNamespace: String? { served.definition.isNamespaced && !info.namespace.isEmpty ? info.namespace : nil }

  func object(in store: Store) throws(APIError) -> StoredObject {
    guard let object = store.get(key) else { throw .notFound(served.requestID, info.pathName) }
    return object
  }
}
