import CoreObjects

/// What happened to an object, served in two groups.
struct EventResource: Resource {
  let definition = ResourceDefinition(
    id: .events, kind: "Event",
    served: [
      ServedVersion(group: "", version: "v1", typeName: "core.v1.Event"),
      ServedVersion(group: "events.k8s.io", version: "v1", typeName: "events.v1.Event"),
    ],
    shortNames: ["ev"],
    columns: [
      "Last Seen", "Type", "Reason", "Object", .wide("Subobject"), .wide("Source"), "Message", .wide("First Seen"),
      .wide("Count"), TableColumn(name: "Name", format: "name", priority: 1),
    ],
    selectable: EventResource.fields.merging(EventResource.parts(of: "involvedObject")) { $1 },
    selectableElsewhere: [
      "events.k8s.io": EventResource.newerFields.merging(EventResource.parts(of: "regarding")) { $1 }
    ])

  private static let fields: SelectableFields = [
    "reason": { $0[.reason] }, "type": { $0[.type] }, "reportingComponent": { $0[.reportingComponent] },
    "source": { $0[.source][.component].isNull ? $0[.reportingComponent] : $0[.source][.component] },
  ]

  private static let newerFields: SelectableFields = [
    "reason": { $0[.reason] }, "type": { $0[.type] }, "reportingController": { $0[.reportingComponent] },
  ]

  /// The parts of the object that an event is about, under the name that a version has for it.
  private static func parts(of name: String) -> SelectableFields {
    let keys = [Key.kind, .namespace, .name, .uid, .apiVersion, .resourceVersion, .fieldPath]
    return Dictionary(
      uniqueKeysWithValues: keys.map { key in
        ("\(name).\(key.name)", { @Sendable (event: JSON) -> JSON in event[.involvedObject][key] })
      })
  }

  private static let longest = 128
  private static let longestMessage = 1024

  /// An event with a time in microseconds says who reports it and what was done.
  /// Source: legacyValidateEvent, pkg/apis/core/validation/events.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let namespace = object[.metadata][.namespace].string ?? ""
    let about = object[.involvedObject][.namespace].string ?? ""
    let isTimed = !object[.eventTime].isNull
    let isAtHome =
      about.isEmpty ? namespace == "default" || (isTimed && namespace == "kube-system") : isTimed || about == namespace
    if !isAtHome { rules.refuse(.invalid, "involvedObject.namespace", .string(about), "does not match event.namespace") }
    guard isTimed else { return rules.errors }
    for key in [Key.reportingComponent, .reportingInstance, .action, .reason] {
      let text = object[key].string ?? ""
      if text.isEmpty { rules.refuse(.required, FieldPath(key.name)) }
      if key == .reportingComponent {
        rules.form(object[key], FieldPath(key.name), NameRules.qualifiedNameProblem(text) ?? "") {
          NameRules.qualifiedNameProblem($0) == nil
        }
      } else if text.utf8.count > Self.longest {
        rules.refuse(.invalid, FieldPath(key.name), "", "can have at most \(Self.longest) characters")
      }
    }
    if (object[.message].string ?? "").utf8.count > Self.longestMessage {
      rules.refuse(.invalid, "message", "", "can have at most \(Self.longestMessage) characters")
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let event = Event(tree: object)
    let involved = event.involvedObject
    let source = [event.source.component ?? event.reportingComponent ?? "", event.source.host ?? ""].filter { !$0.isEmpty }
      .joined(separator: ", ")
    return [
      TableCells.since(event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp, now), .string(event.type ?? ""),
      .string(event.reason ?? ""), .string("\(involved.kind?.lowercased() ?? "")/\(involved.name ?? "")"),
      .string(involved.fieldPath ?? ""),
      .string(source), .string(event.message ?? ""), TableCells.since(event.firstTimestamp ?? event.eventTime, now),
      TableCells.number(event.series.count ?? event.count ?? 1), TableCells.name(object),
    ]
  }

  /// events.k8s.io names some fields differently. Source: pkg/apis/events/v1/conversion.go, v1.36.
  func convert(_ object: JSON, from: ServedVersion, to: ServedVersion) -> JSON {
    var result = object
    result.put(.apiVersion, .string(to.apiVersion))
    let names: [(core: Key, events: Key)] = [
      (.involvedObject, .regarding), (.message, .note), (.source, .deprecatedSource),
      (.firstTimestamp, .deprecatedFirstTimestamp),
      (.lastTimestamp, .deprecatedLastTimestamp), (.count, .deprecatedCount), (.reportingComponent, .reportingController),
    ]
    if from.group == to.group { return result }
    for (core, events) in names {
      let (old, new) = to.group.isEmpty ? (events, core) : (core, events)
      let value = result.take(old)
      result.remove(old)
      if !value.isNull { result.put(new, value) }
    }
    return result
  }
}
