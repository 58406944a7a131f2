import CoreObjects

/// Cells that many tables share. Source: pkg/printers/internalversion/printers.go, v1.36.
enum TableCells {
  static func age(_ object: JSON, _ now: Instant) -> JSON { since(object[.metadata][.creationTimestamp].string, now) }

  /// How long ago a moment was, or `<unknown>`.
  static func since(_ text: String?, _ now: Instant) -> JSON {
    guard let text, let instant = Instant(rfc3339: text) else { return "<unknown>" }
    return .string(HumanDuration.text(now - instant))
  }

  /// Counts are numbers, also in columns of the type string.
  static func number(_ count: Int?) -> JSON { .int(Int64(count ?? 0)) }

  static func name(_ object: JSON) -> JSON { object[.metadata][.name] }

  static func containers(_ spec: PodSpec) -> [JSON] {
    [
      .string(spec.containers.map { $0.name ?? "" }.joined(separator: ",")),
      .string(spec.containers.map { $0.image ?? "" }.joined(separator: ",")),
    ]
  }

  static let replicaColumns: [TableColumn] = [
    .name, .number("Desired"), .number("Current"), .number("Ready"), .age, .wide("Containers"), .wide("Images"),
    .wide("Selector"),
  ]

  /// Those of `replicaColumns` but the selector.
  static func replicas(_ object: JSON, _ template: PodSpec, at now: Instant) -> [JSON] {
    let numbers = [object[.spec][.replicas], object[.status][.replicas], object[.status][.readyReplicas]]
    return [name(object)] + numbers.map { number($0.int) } + [age(object, now)] + containers(template)
  }

  static func labels(_ map: TextMap) -> JSON {
    map.isEmpty ? "<none>" : .string(map.sorted.map { "\($0.name)=\($0.value)" }.joined(separator: ","))
  }

  static func selector(_ selector: LabelSelector) -> JSON { selector.isAbsent ? "<none>" : .string(selector.text) }

  static func list(_ texts: [String]) -> JSON { texts.isEmpty ? "" : .string(texts.joined(separator: ", ")) }

  /// ReadWriteOnce as RWO and so on.
  static func accessModes(_ modes: List<String>) -> String {
    let short = ["ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"]
    return modes.values.map { short[$0] ?? $0 }.joined(separator: ",")
  }
}
