import CoreObjects

/// A kept state of a StatefulSet or DaemonSet.
struct ControllerRevisionResource: Resource {
  let definition = ResourceDefinition(
    id: .controllerRevisions, kind: "ControllerRevision",
    columns: [.name, "Controller", "Revision", .age])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    object[.data].isNull ? [FieldError(.required, "data", detail: "a revision is of something")] : []
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let revision = ControllerRevision(tree: object)
    let owner = revision.metadata.ownerReferences.first { $0.controller == true }
    let kind = owner?.kind?.lowercased() ?? ""
    let group = owner?.apiVersion?.split(separator: "/").first.map(String.init) ?? ""
    let text = owner == nil ? "<none>" : "\(kind).\(group)/\(owner?.name ?? "")"
    return [TableCells.name(object), .string(text), TableCells.number(revision.revision), TableCells.age(object, now)]
  }
}
