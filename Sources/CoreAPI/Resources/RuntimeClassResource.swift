import CoreObjects

/// How the containers of pods are run.
struct RuntimeClassResource: Resource {
  let definition = ResourceDefinition(
    id: .runtimeClasses, kind: "RuntimeClass", isNamespaced: false, columns: [.name, "Handler", .age])

  /// Source: ValidateRuntimeClass, pkg/apis/node/validation, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let type = RuntimeClass(tree: object)
    var rules = RuleSheet()
    rules.name(object[.handler], "handler", .dnsLabel)
    rules.add(
      ContainerRules.resources(ResourceRequirements(tree: ["requests": type.overhead.podFixed.tree]), "overhead.podFixed"))
    rules.add(ObjectMetaRules.labels(type.scheduling.nodeSelector, "scheduling.nodeSelector"))
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), .string(object[.handler].string ?? ""), TableCells.age(object, now)]
  }
}
