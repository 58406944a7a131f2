import CoreObjects

/// The paths of a document: one item for a collection, an object, and each subresource.
struct OpenAPIPaths {
  private let resources: [OpenAPIResource]
  private let format: OpenAPIFormat

  init(_ resources: [OpenAPIResource], _ format: OpenAPIFormat) {
    self.resources = resources
    self.format = format
  }

  func make(_ schemas: inout OpenAPISchemas) -> JSON {
    var items: [(path: String, value: JSON)] = []
    for resource in resources {
      let base = "/\(resource.documentName)/"
      let collection = base + (resource.isNamespaced ? "namespaces/{namespace}/" : "") + resource.plural
      addCollection(resource, collection, &items, &schemas)
      if resource.isNamespaced, resource.verbs.contains("list") {
        let list = operation("get", action: "list", resource, resource.typeName, "", scope: "ForAllNamespaces", &schemas)
        items.append((base + resource.plural, item([list], path: [])))
      }
      addObject(resource, collection + "/{name}", &items, &schemas)
      for subresource in resource.subresources {
        addSubresource(resource, subresource, collection + "/{name}/", &items, &schemas)
      }
    }
    items.sort { $0.path < $1.path }
    return .object(items.map { Member(key: Key($0.path), value: $0.value) })
  }

  private func addCollection(
    _ resource: OpenAPIResource, _ path: String, _ items: inout [(path: String, value: JSON)], _ schemas: inout OpenAPISchemas
  ) {
    var operations: [Member] = []
    for (verb, method, action) in [
      ("list", "get", "list"), ("create", "post", "post"), ("deletecollection", "delete", "deletecollection"),
    ]
    where resource.verbs.contains(verb) {
      operations.append(operation(method, action: action, resource, resource.typeName, "", &schemas))
    }
    if !operations.isEmpty { items.append((path, item(operations, path: resource.isNamespaced ? ["namespace"] : []))) }
  }

  private func addObject(
    _ resource: OpenAPIResource, _ path: String, _ items: inout [(path: String, value: JSON)], _ schemas: inout OpenAPISchemas
  ) {
    var operations: [Member] = []
    for (verb, method) in [("get", "get"), ("update", "put"), ("patch", "patch"), ("delete", "delete")]
    where resource.verbs.contains(verb) {
      operations.append(operation(method, action: method, resource, resource.typeName, "", &schemas))
    }
    let names = resource.isNamespaced ? ["name", "namespace"] : ["name"]
    if !operations.isEmpty { items.append((path, item(operations, path: names))) }
  }

  private func addSubresource(
    _ resource: OpenAPIResource, _ subresource: OpenAPIResource.Subresource, _ path: String,
    _ items: inout [(path: String, value: JSON)], _ schemas: inout OpenAPISchemas
  ) {
    var operations: [Member] = []
    for (verb, method) in [("get", "get"), ("create", "post"), ("update", "put"), ("patch", "patch"), ("delete", "delete")]
    where subresource.verbs.contains(verb) {
      operations.append(operation(method, action: method, resource, subresource.typeName, subresource.name, &schemas))
    }
    let names = resource.isNamespaced ? ["name", "namespace"] : ["name"]
    if !operations.isEmpty { items.append((path + subresource.name, item(operations, path: names))) }
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
    _ method: String, action: String, _ resource: OpenAPIResource, _ typeName: String?, _ subresource: String, scope: String = "",
    _ schemas: inout OpenAPISchemas
  ) -> Member {
    let verbs = ["get": "read", "post": "create", "put": "replace", "deletecollection": "deleteCollection"]
    let group = resource.group.isEmpty ? "Core" : OpenAPIPaths.capitalized(String(resource.group.prefix { $0 != "." }))
    let place = scope.isEmpty && resource.isNamespaced ? "Namespaced" : ""
    let id = "\(verbs[action] ?? action)\(group)\(OpenAPIPaths.capitalized(resource.version))\(place)\(resource.kind)"
    let type = typeName.flatMap { schemas.reference(action == "list" ? $0 + "List" : $0) }
    var members: [Member] = [
      Member(key: "description", value: .string("\(action) \(resource.plural)\(subresource.isEmpty ? "" : "/" + subresource)")),
      Member(key: "operationId", value: .string(id + OpenAPIPaths.capitalized(subresource) + scope)),
      Member(key: "tags", value: [.string((resource.group.isEmpty ? "core" : resource.group) + "_" + resource.version)]),
      Member(key: "x-kubernetes-action", value: .string(action)),
      Member(key: "x-kubernetes-group-version-kind", value: kind(of: resource, typeName, schemas.schema)),
    ]
    var parameters = OpenAPIPaths.parameters(action).map { parameter($0.name, $0.type, $0.text) }
    let body = body(action, type, &schemas)
    let answer: JSON? = action.hasPrefix("delete") ? schemas.reference("meta.v1.Status") : type
    switch format {
    case .v2:
      if let body {
        parameters.insert(["name": "body", "in": "body", "required": .bool(action != "delete"), "schema": body], at: 0)
      }
      members.append(Member(key: "consumes", value: .array(OpenAPIPaths.consumed(action).map { .string($0) })))
      members.append(Member(key: "produces", value: ["application/json"]))
      members.append(Member(key: "schemes", value: ["https"]))
      var response: JSON = ["description": "OK"]
      if let answer { response.put(.schema, answer) }
      members.append(Member(key: .responses, value: ["200": response]))
    case .v3:
      if let body {
        let content = OpenAPIPaths.consumed(action).map { Member(key: Key($0), value: ["schema": body]) }
        members.append(Member(key: "requestBody", value: ["content": .object(content)]))
      }
      var response: JSON = ["description": "OK"]
      if let answer { response.put("content", ["application/json": ["schema": answer]]) }
      members.append(Member(key: .responses, value: ["200": response]))
    }
    if !parameters.isEmpty { members.append(Member(key: .parameters, value: .array(parameters))) }
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
  private func kind(of resource: OpenAPIResource, _ typeName: String?, _ schema: Schema) -> JSON {
    var (group, version, kind) = (resource.group, resource.version, resource.kind)
    if let typeName, typeName != resource.typeName, let type = schema.type(typeName) {
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

  private static func consumed(_ action: String) -> [String] {
    action == "patch"
      ? [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
      ] : ["application/json"]
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
