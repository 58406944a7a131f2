import CoreObjects

/// The paths of a document: one item for a collection, an object, and each subresource.
struct OpenAPIPaths {
  let resources: [ServedResource]
  let format: OpenAPIFormat

  /// Verbs in the order of their operations, with what those are called.
  private static let actions = [
    ("get", "get"), ("list", "list"), ("create", "post"), ("update", "put"), ("patch", "patch"), ("delete", "delete"),
    ("deletecollection", "deletecollection"),
  ]
  private static let ofCollections: Set<String> = ["list", "create", "deletecollection"]

  func make(_ schemas: inout OpenAPISchemas) -> JSON {
    var items: [(path: String, value: JSON)] = []
    for resource in resources {
      let (definition, type) = (resource.definition, resource.version.typeName)
      let place = definition.isNamespaced ? ["namespace"] : []
      func add(
        _ path: String, _ parameters: [String], _ verbs: [String], _ typeName: String?, subresource: String = "",
        scope: String = ""
      ) {
        let operations = OpenAPIPaths.actions.filter { verbs.contains($0.0) }.map {
          operation($0.1, resource, typeName, subresource, scope: scope, &schemas)
        }
        if !operations.isEmpty { items.append((path, item(operations, path: parameters))) }
      }
      let base = "/\(resource.documentName)/"
      let collection = base + (definition.isNamespaced ? "namespaces/{namespace}/" : "") + resource.id.name
      add(collection, place, definition.verbs.filter(OpenAPIPaths.ofCollections.contains), type)
      if definition.isNamespaced {
        add(base + resource.id.name, [], definition.verbs.filter { $0 == "list" }, type, scope: "ForAllNamespaces")
      }
      add(collection + "/{name}", ["name"] + place, definition.verbs.filter { !OpenAPIPaths.ofCollections.contains($0) }, type)
      for sub in definition.allSubresources {
        add(collection + "/{name}/" + sub.name, ["name"] + place, sub.verbs, resource.typeName(of: sub), subresource: sub.name)
      }
    }
    items.sort { $0.path < $1.path }
    return .object(items.map { Member(key: Key($0.path), value: $0.value) })
  }

  private func item(_ operations: [Member], path names: [String]) -> JSON {
    let texts = ["name": "Name of the object.", "namespace": "Namespace of the object."]
    let parameters =
      names.map { parameter($0, "string", texts[$0] ?? "", place: "path") } + [
        parameter("pretty", "string", "'true' indents the answer.")
      ]
    return .object(operations + [Member(key: .parameters, value: .array(parameters))])
  }

  private func operation(
    _ action: String, _ resource: ServedResource, _ typeName: String?, _ subresource: String, scope: String,
    _ schemas: inout OpenAPISchemas
  ) -> Member {
    let verbs = ["get": "read", "post": "create", "put": "replace", "deletecollection": "deleteCollection"]
    let group =
      resource.version.group.isEmpty ? "Core" : OpenAPIPaths.capitalized(String(resource.version.group.prefix { $0 != "." }))
    let place = scope.isEmpty && resource.definition.isNamespaced ? "Namespaced" : ""
    let id =
      "\(verbs[action] ?? action)\(group)\(OpenAPIPaths.capitalized(resource.version.version))\(place)\(resource.definition.kind)"
    let type = typeName.flatMap { schemas.reference(action == "list" ? $0 + "List" : $0) }
    var members: [Member] = [
      Member(key: "description", value: .string("\(action) \(resource.id.name)\(subresource.isEmpty ? "" : "/" + subresource)")),
      Member(key: "operationId", value: .string(id + OpenAPIPaths.capitalized(subresource) + scope)),
      Member(
        key: "tags",
        value: [.string((resource.version.group.isEmpty ? "core" : resource.version.group) + "_" + resource.version.version)]),
      Member(key: "x-kubernetes-action", value: .string(action)),
      Member(key: "x-kubernetes-group-version-kind", value: kind(of: resource, typeName)),
    ]
    var parameters = OpenAPIPaths.parameters(action).map { parameter($0.name, $0.type, $0.text) }
    let body = body(action, type, &schemas)
    let answer: JSON? = action.hasPrefix("delete") ? schemas.reference("meta.v1.Status") : type
    switch format {
    case .v2:
      if let body {
        parameters.insert(["name": "body", "in": "body", "required": .bool(action != "delete"), "schema": body], at: 0)
      }
      members.append(Member(key: "consumes", value: .array(OpenAPIPaths.consumed(action, resource).map { .string($0) })))
      members.append(Member(key: "produces", value: ["application/json"]))
      members.append(Member(key: "schemes", value: ["https"]))
      var response: JSON = ["description": "OK"]
      if let answer { response.put(.schema, answer) }
      members.append(Member(key: .responses, value: ["200": response]))
    case .v3:
      if let body {
        let content = OpenAPIPaths.consumed(action, resource).map { Member(key: Key($0), value: ["schema": body]) }
        members.append(Member(key: "requestBody", value: ["content": .object(content)]))
      }
      var response: JSON = ["description": "OK"]
      if let answer { response.put("content", ["application/json": ["schema": answer]]) }
      members.append(Member(key: .responses, value: ["200": response]))
    }
    if !parameters.isEmpty { members.append(Member(key: .parameters, value: .array(parameters))) }
    let method = ["list": "get", "deletecollection": "delete"][action] ?? action
    return Member(key: Key(method), value: .object(members))
  }

  private func body(_ action: String, _ type: JSON?, _ schemas: inout OpenAPISchemas) -> JSON? {
    switch action {
    case "post", "put": type
    case "patch": ["type": "object", "description": "A patch, in the form that its content type says."]
    case "delete", "deletecollection": schemas.reference("meta.v1.DeleteOptions")
    default: nil
    }
  }

  /// The kind that an operation is about; subresources name their own.
  private func kind(of resource: ServedResource, _ typeName: String?) -> JSON {
    var (group, version, kind) = (resource.version.group, resource.version.version, resource.definition.kind)
    if let typeName, typeName != resource.version.typeName, let type = Schema.shared.type(typeName) {
      (group, version, kind) = (type.group, type.version, type.name)
    }
    return ["group": .string(group), "kind": .string(kind), "version": .string(version)]
  }

  private func parameter(_ name: String, _ type: String, _ text: String, place: String = "query") -> JSON {
    var result: JSON = ["name": .string(name), "in": .string(place), "description": .string(text)]
    if place == "path" { result.put("required", true) }
    switch format {
    case .v2:
      result.put(.type, .string(type))
      result.put("uniqueItems", true)
    case .v3: result.put(.schema, ["type": .string(type), "uniqueItems": true])
    }
    return result
  }

  private static func consumed(_ action: String, _ resource: ServedResource) -> [String] {
    action == "patch" ? resource.patchTypes : ["application/json"]
  }

  private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  private static func parameters(_ action: String) -> [(name: String, type: String, text: String)] {
    let dryRun = ("dryRun", "string", "'All' runs every step of the request and stores nothing.")
    let manager = ("fieldManager", "string", "Name under which the changed fields are recorded.")
    let validation = (
      "fieldValidation", "string", "What to do about unknown and repeated fields: Ignore, Warn (the default) or Strict."
    )
    let deletion = [
      dryRun, ("gracePeriodSeconds", "integer", "Seconds until the object is deleted; 0 deletes at once."),
      ("propagationPolicy", "string", "What happens to dependents: Orphan, Background or Foreground."),
    ]
    let selection = [
      ("continue", "string", "Token of the page that comes next."),
      ("fieldSelector", "string", "Restricts the objects by their fields."),
      ("labelSelector", "string", "Restricts the objects by their labels."), ("limit", "integer", "Most objects in one answer."),
      ("resourceVersion", "string", "The version of the data that is asked for."),
      ("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
      ("timeoutSeconds", "integer", "Ends the request after this time."),
    ]
    switch action {
    case "list":
      return selection + [
        ("allowWatchBookmarks", "boolean", "Asks for BOOKMARK events in a watch."),
        ("watch", "boolean", "Follows changes as a stream instead of listing."),
        ("sendInitialEvents", "boolean", "Begins a watch with the present objects."),
      ]
    case "post", "put": return [dryRun, manager, validation]
    case "patch":
      return [dryRun, manager, validation, ("force", "boolean", "An apply takes over fields that other managers own.")]
    case "delete": return deletion
    case "deletecollection": return deletion + selection
    default: return []
    }
  }
}
