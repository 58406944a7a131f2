import CoreObjects

/// Sorts requests into priority levels. Stored; nobody queues or limits requests by it.
struct FlowSchemaResource: Resource {
  let definition = ResourceDefinition(
    id: .flowSchemas, kind: "FlowSchema", isNamespaced: false, hasStatus: true,
    columns: [.name, "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", .age, "MissingPL"])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] { FlowRules.schema(object) }

  /// Source: printFlowSchema.
  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = object[.spec]
    let dangling = object[.status][.conditions].elements.first { $0[.type] == "Dangling" }
    return [
      TableCells.name(object), .string(spec[.priorityLevelConfiguration][.name].string ?? ""),
      TableCells.number(spec[.matchingPrecedence].int), .string(spec[.distinguisherMethod][.type].string ?? "<none>"),
      TableCells.age(object, now), .string(dangling?[.status].string ?? "?"),
    ]
  }
}
