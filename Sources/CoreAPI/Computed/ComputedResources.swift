import CoreObjects

/// Resources that are answered and not stored.
struct ComputedResource: Resource {
  let definition: ResourceDefinition
  /// Cells after the name, before the age; only metrics are listed.
  init(_ definition: ResourceDefinition) { self.definition = definition }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    if definition.id == ComputedResources.componentStatuses { return ComputedResources.cells(ofComponent: object) }
    guard definition.id.group == ComputedResources.metricsGroup else {
      return [object[.metadata][.name], TableCells.age(object, now)]
    }
    let usages = object[.containers].isArray ? object[.containers].elements.map { $0[.usage] } : [object[.usage]]
    func total(_ key: Key) -> JSON {
      let sum = usages.compactMap { $0[key].string.flatMap { Quantity($0) } }.reduce(nil) { (sum: Quantity?, next) in
        sum.map { $0 + next } ?? next
      }
      return .string(sum?.description ?? "0")
    }
    return [object[.metadata][.name], total("cpu"), total("memory"), object[.window]]
  }
}

enum ComputedResources {
  static let metricsGroup = "metrics.k8s.io"
  static let nodeMetrics = ResourceID(metricsGroup, "nodes")
  static let podMetrics = ResourceID(metricsGroup, "pods")
  static let componentStatuses = ResourceID("", "componentstatuses")

  static let all: [any Resource] = [
    review("authorization.k8s.io", "SelfSubjectAccessReview"), review("authorization.k8s.io", "SelfSubjectRulesReview"),
    review("authorization.k8s.io", "SubjectAccessReview"),
    review("authorization.k8s.io", "LocalSubjectAccessReview", isNamespaced: true),
    review("authentication.k8s.io", "TokenReview"), review("authentication.k8s.io", "SelfSubjectReview"), bindings,
    components, metrics(nodeMetrics, "NodeMetrics", isNamespaced: false), metrics(podMetrics, "PodMetrics", isNamespaced: true),
  ]

  private static func review(_ group: String, _ kind: String, isNamespaced: Bool = false) -> ComputedResource {
    ComputedResource(
      ResourceDefinition(
        id: ResourceID(group, kind.lowercased() + "s"), kind: kind, isNamespaced: isNamespaced, verbs: ["create"],
        isPersisted: false)
    )
  }

  /// The way of binding pods before pods/binding.
  private static let bindings = ComputedResource(
    ResourceDefinition(id: ResourceID("", "bindings"), kind: "Binding", verbs: ["create"], isPersisted: false))

  /// What people asked before there was /livez.
  private static let components = ComputedResource(
    ResourceDefinition(
      id: componentStatuses, kind: "ComponentStatus", isNamespaced: false, shortNames: ["cs"], verbs: ["get", "list"],
      deprecation: "v1 ComponentStatus is deprecated; use the paths /livez and /readyz",
      columns: [.name, "Status", "Message", "Error"], isPersisted: false))

  private static func metrics(_ id: ResourceID, _ kind: String, isNamespaced: Bool) -> ComputedResource {
    ComputedResource(
      ResourceDefinition(
        id: id, kind: kind, singular: isNamespaced ? "pod" : "node",
        served: ["v1beta1", "v1"].map { ServedVersion(group: metricsGroup, version: $0, typeName: "metrics.\($0).\(kind)") },
        isNamespaced: isNamespaced,
        verbs: ["get", "list"],
        columns: [.name, "cpu", "memory", "window"], isPersisted: false))
  }
}
