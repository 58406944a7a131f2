import CoreObjects

/// How HTTP from outside reaches Services. Whoever serves it is installed by others.
struct IngressResource: Resource {
  /// Hosts that the table names.
  private static let shownHosts = 3
  let definition = ResourceDefinition(
    id: .ingresses, kind: "Ingress", shortNames: ["ing"], hasStatus: true,
    columns: [.name, "Class", "Hosts", "Address", "Ports", .age])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    IngressRules.validate(Ingress(tree: object), isNew: context.store.get(ObjectKey(.ingresses, of: object)) == nil)
  }

  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    IngressRules.validate(Ingress(tree: object).status)
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let ingress = Ingress(tree: object)
    let (rules, limit) = (ingress.spec.rules, IngressResource.shownHosts)
    // How many rules are not shown is told where any follow the last host that is. Source: formatHosts.
    let named = rules.enumerated().filter { $1.host?.isEmpty == false }.prefix(limit)
    let isCut = named.count == limit && named.last.map { $0.offset < rules.count - 1 } == true
    let hosts = named.compactMap(\.element.host).joined(separator: ",") + (isCut ? " + \(rules.count - limit) more..." : "")
    let places = Set(ingress.status.loadBalancer.ingress.compactMap { $0.ip ?? $0.hostname }).sorted()
    return [
      TableCells.name(object), .string(ingress.spec.ingressClassName ?? "<none>"), .string(named.isEmpty ? "*" : hosts),
      .string(places.joined(separator: ",")), .string(ingress.spec.tls.isEmpty ? "80" : "80, 443"), TableCells.age(object, now),
    ]
  }
}
