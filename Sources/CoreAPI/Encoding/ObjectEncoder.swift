import CoreObjects

/// How one request wants objects to look: version and shape.
struct ObjectEncoder: Sendable {
  enum IncludeObject: String, Sendable {
    case none = "None"
    case metadata = "Metadata"
    case object = "Object"
  }
  let served: ServedResource
  let shape: Accept.Shape
  var includeObject = IncludeObject.metadata

  init(_ call: Call) throws(APIError) {
    served = call.served
    shape = call.accept.shape
    if let text = call.query["includeObject"], !text.isEmpty {
      guard let value = IncludeObject(rawValue: text) else {
        throw .badRequest("parameter includeObject: \"\(text)\" is none of None, Metadata, Object")
      }
      includeObject = value
    }
  }

  /// Tells encoders apart that give different bytes.
  var identity: String { "\(served.version.apiVersion) \(shape) \(includeObject)" }

  /// The cached bytes may be sent as they are.
  func isPlain(_ object: StoredObject) -> Bool {
    shape == .object && served.isStorageVersion && !served.isOutdated(object.tree, object.revision)
  }

  /// The whole object in the version asked for.
  func converted(_ object: JSON) -> JSON {
    if served.isStorageVersion { return served.shown(object) }
    var converted = served.shown(object)
    if let type = served.type { Schema.shared.writeZeros(&converted, type) }
    return converted
  }

  func bytes(_ object: StoredObject, at now: Instant) -> [UInt8] {
    isPlain(object) ? object.encoded : tree(object.tree, at: now).encoded()
  }

  /// One object in its shape; a table has one row then.
  func tree(_ object: JSON, at now: Instant) -> JSON {
    switch shape {
    case .object, .discovery: return converted(object)
    case .partial(let version): return partial(object, version)
    case .table(let version):
      let metadata: JSON = ["resourceVersion": object[.metadata][.resourceVersion]]
      return [
        "kind": "Table", "apiVersion": .string("meta.k8s.io/" + version), "metadata": metadata.withoutNulls,
        "columnDefinitions": columns, "rows": [row(object, at: now)],
      ]
    }
  }

  /// One item of a list, without apiVersion and kind where the list has told them; upstream's lists of custom resources have them.
  func append(_ object: StoredObject, to body: inout [UInt8], at now: Instant) {
    switch shape {
    case .object, .discovery:
      if served.isCustom {
        body += bytes(object, at: now)
        return
      }
      if isPlain(object), object.appendWithoutType(to: &body) { return }
      var tree = converted(object.tree)
      for key in [Key.kind, .apiVersion] { tree.remove(key) }
      body += tree.encoded()
    case .partial(let version): body += partial(object.tree, version).encoded()
    case .table: body += row(object.tree, at: now).encoded()
    }
  }

  /// What stands before and after the items of a list. `metadata` is a ListMeta.
  func list(_ metadata: JSON) -> (head: [UInt8], tail: [UInt8]) {
    let kind: String
    let apiVersion: String
    var middle = "\"items\":["
    switch shape {
    case .object, .discovery: (kind, apiVersion) = (served.listKind, served.version.apiVersion)
    case .partial(let version): (kind, apiVersion) = ("PartialObjectMetadataList", "meta.k8s.io/" + version)
    case .table(let version):
      (kind, apiVersion) = ("Table", "meta.k8s.io/" + version)
      middle = "\"columnDefinitions\":\(columns.description),\"rows\":["
    }
    let head = "{\"kind\":\"\(kind)\",\"apiVersion\":\"\(apiVersion)\",\"metadata\":\(metadata.description),\(middle)"
    return (Array(head.utf8), Array("]}\n".utf8))
  }

  var columns: JSON {
    .array(
      served.definition.columns.map { column in
        [
          "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
          "description": .string(column.description),
          "priority": .int(Int64(column.priority)),
        ]
      })
  }

  private func row(_ object: JSON, at now: Instant) -> JSON {
    var row: JSON = ["cells": .array(served.resource.cells(object, at: now))]
    switch includeObject {
    case .none: break
    case .metadata: row.put(.object, partial(object, "v1"))
    case .object: row.put(.object, converted(object))
    }
    return row
  }

  private func partial(_ object: JSON, _ version: String) -> JSON {
    ["kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/" + version), "metadata": object[.metadata]]
  }
}
