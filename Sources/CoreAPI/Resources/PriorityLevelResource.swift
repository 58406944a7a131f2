import CoreObjects

/// A share of the server for requests of one kind. Stored; nobody queues or limits requests by it.
struct PriorityLevelResource: Resource {
  let definition = ResourceDefinition(
    id: .priorityLevels, kind: "PriorityLevelConfiguration", isNamespaced: false, hasStatus: true,
    columns: [.name, "Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit", .age])

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] { FlowRules.level(object) }

  /// Source: printPriorityLevelConfiguration.
  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = object[.spec]
    let shares = [spec[.limited], spec[.exempt]].first { $0.isObject }?[.nominalConcurrencyShares] ?? .null
    let queuing = spec[.limited][.limitResponse][.queuing]
    func number(_ value: JSON) -> JSON { value.isNull ? "<none>" : value }
    return [
      TableCells.name(object), .string(spec[.type].string ?? ""), number(shares), number(queuing[.queues]),
      number(queuing[.handSize]), number(queuing[.queueLengthLimit]), TableCells.age(object, now),
    ]
  }
}
