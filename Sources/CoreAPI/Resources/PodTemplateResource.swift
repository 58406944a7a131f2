import CoreObjects

/// A pod template on its own.
struct PodTemplateResource: Resource {
  let definition = ResourceDefinition(
    id: .podTemplates, kind: "PodTemplate", template: ["template"],
    columns: [.name, "Containers", "Images", "Pod Labels"])

  func setDefaults(_ object: inout JSON) {
    var template = PodTemplate(tree: object)
    PodSpecDefaults.template(&template.template.spec)
    object = template.tree
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let template = PodTemplate(tree: object).template
    return [TableCells.name(object)] + TableCells.containers(template.spec) + [TableCells.labels(template.metadata.labels)]
  }
}
