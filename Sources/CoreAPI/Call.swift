import CoreJSON
import CoreStore
import CoreTypes

/// One request for a resource on its way through a verb: understood, authenticated, authorised.
struct Call: Sendable {
  let request: APIRequest
  let info: RequestInfo
  let query: Query
  let accept: Accept
  let user: UserInfo
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

/// What a write may do besides writing.
struct WriteOptions: Sendable {
  enum FieldValidation: String, Sendable {
    case ignore = "Ignore"
    case warn = "Warn"
    case strict = "Strict"
  }
  var user: UserInfo
  var now: Instant
  var isDryRun = false
  private var givenManager: String?
  var fieldValidation = FieldValidation.warn
  /// The request's authorisation bounds what roles it may write; the server's own writes are not bound.
  var checksEscalation = false
  /// The fields are an apply's own: managedFields come with the object.
  var keepsManagedFields = false
  var subresource = ""
  var apiVersion = ""
  /// A controller's or a node's.
  private(set) var isProgram = false

  /// Of a program of the server's own, which knows the fields.
  init(program user: UserInfo, now: Instant) {
    self.user = user
    self.now = now
    fieldValidation = .ignore
    isProgram = true
  }

  /// The name under which fields are owned: a client's own, or the last part of a program's.
  var fieldManager: String {
    if let givenManager { return givenManager }
    let name = user.name.utf8
    return String(Substring(name.lastIndex(of: UInt8(ascii: ":")).map { name[name.index(after: $0)...] } ?? name[...]))
  }

  init(_ call: Call) throws(APIError) {
    user = call.user
    now = call.now
    checksEscalation = true
    subresource = call.info.subresource
    apiVersion = call.served.version.apiVersion
    for value in call.query.all("dryRun") where !value.isEmpty {
      guard value == "All" else { throw .badRequest("parameter dryRun: \"\(value)\" is not supported; only All is") }
      isDryRun = true
    }
    let manager = call.query["fieldManager"] ?? ""
    guard manager.utf8.count <= 128 else { throw .badRequest("parameter fieldManager: more than 128 bytes") }
    givenManager = manager.isEmpty ? String(call.request.userAgent.prefix { $0 != "/" }.prefix(128)) : manager
    if let text = call.query["fieldValidation"], !text.isEmpty {
      guard let value = FieldValidation(rawValue: text) else {
        throw .badRequest("parameter fieldValidation: \"\(text)\" is none of Ignore, Warn, Strict")
      }
      fieldValidation = value
    }
  }
}
