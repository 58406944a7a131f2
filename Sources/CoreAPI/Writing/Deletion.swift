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
    graceSeconds = try call.query.number("gracePeriodSeconds", atLeast: .min)
    propagation = call.query["propagationPolicy"]
    var tree = JSON.null
    if !call.request.body.isEmpty { tree = try Document(bodyOf: call.request).tree }
    try read(tree.isNull ? .object([]) : tree, orphans: call.query.flag("orphanDependents"), &client)
  }

  /// Reads a DeleteOptions tree.
  /// Source of the rules: ValidateDeleteOptions, apimachinery/pkg/apis/meta/v1/validation, v1.36.
  mutating func read(_ tree: JSON, orphans: Bool? = nil, _ client: inout ClientWrite) throws(APIError) {
    guard tree.isObject else { throw .badRequest("DeleteOptions must be an object, not \(tree.typeName)") }
    if let kind = tree[.kind].string, kind != "DeleteOptions" {
      throw .badRequest("the body of a DELETE is of kind DeleteOptions, not \(kind)")
    }
    let document = Document(tree)
    var warnings: [String] = []
    let tree = try document.decoded(as: Schema.shared.type("meta.v1.DeleteOptions"), title: "DeleteOptions", .ignore, &warnings)
    if let seconds = tree[.gracePeriodSeconds].int { graceSeconds = seconds }
    if let policy = tree[.propagationPolicy].string { propagation = policy }
    preconditions.uid = tree[.preconditions][.uid].string ?? preconditions.uid
    preconditions.resourceVersion = tree[.preconditions][.resourceVersion].string ?? preconditions.resourceVersion
    var errors = client.read(dryRun: tree[.dryRun].elements.map { $0.string ?? $0.description })
    if let propagation, !Deletion.policies.contains(propagation) {
      errors.append(.notSupported("propagationPolicy", value: propagation, supported: Deletion.policies))
    }
    if let orphans = tree[.orphanDependents].bool ?? orphans {
      if propagation != nil {
        errors.add(.invalid, "propagationPolicy", value: propagation ?? "", "may not be set with orphanDependents")
      }
      propagation = orphans ? "Orphan" : "Background"
    }
    if !errors.isEmpty { throw .invalidOptions("DeleteOptions", errors) }
  }

  private static let policies = ["Background", "Foreground", "Orphan"]
}
