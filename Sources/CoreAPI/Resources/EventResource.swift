import CoreObjects

/// What happened to an object, served in two groups.
struct EventResource: Resource {
  let definition = ResourceDefinition(
    .events, kind: "Event",
    served: [
      ServedVersion(group: "", version: "v1", typeName: "core.v1.Event"),
      ServedVersion(group: "events.k8s.io", version: "v1", typeName: "events.v1.Event"),
    ],
    shortNames: ["ev"],
    columns: [
      TableColumn("Last Seen"), TableColumn("Type"), TableColumn("Reason"), TableColumn("Object"),
      TableColumn("Subobject", priority: 1), TableColumn("Source", priority: 1), TableColumn("Message"),
      TableColumn("First Seen", priority: 1), TableColumn("Count", priority: 1), TableColumn("Name", format: "name", priority: 1),
    ])

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
      .string(String(event.count ?? 1)), TableCells.name(object),
    ]
  }

  func selectableField(_ path: String, of object: JSON) -> String? {
    let event = Event(tree: object)
    switch path {
    case "involvedObject.kind": return event.involvedObject.kind ?? ""
    case "involvedObject.namespace": return event.involvedObject.namespace ?? ""
    case "involvedObject.name": return event.involvedObject.name ?? ""
    case "involvedObject.uid": return event.involvedObject.uid ?? ""
    case "involvedObject.apiVersion": return event.involvedObject.apiVersion ?? ""
    case "involvedObject.resourceVersion": return event.involvedObject.resourceVersion ?? ""
    case "involvedObject.fieldPath": return event.involvedObject.fieldPath ?? ""
    case "reason": return event.reason ?? ""
    case "reportingComponent": return event.reportingComponent ?? ""
    case "source": return event.source.component ?? event.reportingComponent ?? ""
    case "type": return event.type ?? ""
    default: return nil
    }
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
