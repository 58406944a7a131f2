import CoreJSON
import CoreStore

/// How something is to go: from the query and the body of a DELETE, or from a controller.
struct Deletion: Sendable {
  var uid: String?
  var resourceVersion: String?
  var graceSeconds: Int?
  /// Background, Foreground or Orphan; nil is the kind's default.
  var propagation: String?
  var options: WriteOptions

  init(_ options: WriteOptions) { self.options = options }

  /// metav1.DeleteOptions in the body win over the query.
  init(_ call: Call) throws(APIError) {
    options = try WriteOptions(call)
    graceSeconds = try call.query.number("gracePeriodSeconds")
    propagation = call.query["propagationPolicy"]
    if call.query.flag("orphanDependents") == true { propagation = "Orphan" }
    if !call.request.body.isEmpty { try read(try APIServer.body(of: call.request).value) }
    try check()
  }

  /// Takes what a DeleteOptions tree says.
  mutating func read(_ tree: JSON) throws(APIError) {
    guard tree.isObject else { throw .badRequest("DeleteOptions must be an object, not \(tree.typeName)") }
    if let kind = tree[.kind].string, kind != "DeleteOptions" {
      throw .badRequest("the body of a DELETE is of kind DeleteOptions, not \(kind)")
    }
    if let seconds = tree[.gracePeriodSeconds].int { graceSeconds = seconds }
    if let policy = tree[.propagationPolicy].string { propagation = policy }
    if let orphans = tree[.orphanDependents].bool {
      if tree[.propagationPolicy].string != nil { throw .badRequest("orphanDependents and propagationPolicy cannot both be set") }
      propagation = orphans ? "Orphan" : "Background"
    }
    uid = tree[.preconditions][.uid].string ?? uid
    resourceVersion = tree[.preconditions][.resourceVersion].string ?? resourceVersion
    for value in tree[.dryRun].elements {
      guard value.string == "All" else { throw .badRequest("dryRun: only All is supported") }
      options.isDryRun = true
    }
  }

  private func check() throws(APIError) {
    if let propagation, !["Background", "Foreground", "Orphan", ""].contains(propagation) {
      throw .badRequest("propagationPolicy \"\(propagation)\" is none of Background, Foreground, Orphan")
    }
    if let graceSeconds, graceSeconds < 0 { throw .badRequest("gracePeriodSeconds must not be negative") }
  }

  func checkPreconditions(_ object: StoredObject, _ id: ResourceID) throws(APIError) {
    if let uid, uid != object.uid {
      throw .conflict(id, object.key.name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
    }
    if let resourceVersion, resourceVersion != String(object.revision) {
      throw .conflict(
        id, object.key.name,
        "Precondition failed: ResourceVersion in precondition: \(resourceVersion), ResourceVersion in object meta: \(object.revision)"
      )
    }
  }
}
