import CoreObjects

/// How something is to go: from the query and the body of a DELETE, or from a controller.
package struct Deletion: Sendable {
  package var preconditions = Preconditions()
  package var graceSeconds: Int?
  /// Background, Foreground or Orphan; nil is the kind's default.
  package var propagation: String?

  /// - Parameter uid: a precondition unless empty
  package init(uid: String = "", graceSeconds: Int? = nil, propagation: String? = nil) {
    if !uid.isEmpty { preconditions.uid = uid }
    self.graceSeconds = graceSeconds
    self.propagation = propagation
  }

  /// metav1.DeleteOptions in the body win over the query.
  /// - Parameter client: is told where the body says that this is a dry run
  init(_ call: Call, _ client: inout ClientWrite) throws(APIError) {
    graceSeconds = try call.query.number("gracePeriodSeconds")
    propagation = call.query["propagationPolicy"]
    if call.query.flag("orphanDependents") == true { propagation = "Orphan" }
    if !call.request.body.isEmpty { try read(try Document(bodyOf: call.request).tree, &client) }
    try check()
  }

  /// Reads a DeleteOptions tree.
  mutating func read(_ tree: JSON, _ client: inout ClientWrite) throws(APIError) {
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
    preconditions.uid = tree[.preconditions][.uid].string ?? preconditions.uid
    preconditions.resourceVersion = tree[.preconditions][.resourceVersion].string ?? preconditions.resourceVersion
    for value in tree[.dryRun].elements {
      guard value.string == "All" else { throw .badRequest("dryRun: only All is supported") }
      client.isDryRun = true
    }
  }

  private func check() throws(APIError) {
    if let propagation, !["Background", "Foreground", "Orphan", ""].contains(propagation) {
      throw .badRequest("propagationPolicy \"\(propagation)\" is none of Background, Foreground, Orphan")
    }
    if let graceSeconds, graceSeconds < 0 { throw .badRequest("gracePeriodSeconds must not be negative") }
  }
}
