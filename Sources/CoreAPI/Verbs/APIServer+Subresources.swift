import CoreJSON
import CoreStore

extension APIServer {
  /// Subresources of stored objects.
  mutating func answerSubresource(_ call: Call) throws(APIError) -> APIResponse {
    let name = call.info.subresource
    guard let subresource = call.served.definition.allSubresources.first(where: { $0.name == name }) else {
      throw .noSuchResource
    }
    guard !call.info.pathName.isEmpty else { throw .noSuchResource }
    guard subresource.verbs.contains(call.info.verb) else { throw .methodNotAllowed() }
    switch (name, call.info.verb) {
    case ("status", "get"): return try get(call)
    case ("status", "update"): return try update(call)
    case ("status", "patch"): return try patch(call)
    case ("scale", "get"): return try getScale(call)
    case ("scale", "update"): return try updateScale(call)
    case ("scale", "patch"): return try patchScale(call)
    case ("finalize", _): return try finalize(call)
    case ("binding", _): return try bind(call)
    case ("eviction", _): return try evict(call)
    case ("token", _): return try requestToken(call)
    case ("log", _): return try log(call)
    case ("exec", _), ("attach", _): return try execute(call)
    case ("portforward", _): return try forwardPorts(call)
    default: throw .noSuchResource
    }
  }

  /// namespaces/finalize: the only way to take "kubernetes" out of spec.finalizers.
  private mutating func finalize(_ call: Call) throws(APIError) -> APIResponse {
    let options = try WriteOptions(call)
    var warnings: [String] = []
    let given = try decodeBody(call, options, &warnings)
    try APIServer.checkName(given, call)
    let old = try call.object(in: store)
    let object = try finalize(call.served, old, finalizers: given[.spec][.finalizers], options)
    return try respond(object, call, warnings: warnings)
  }

  mutating func finalize(
    _ served: ServedResource, _ old: StoredObject, finalizers: JSON, _ options: WriteOptions
  ) throws(APIError) -> StoredObject {
    var tree = old.tree
    tree[.spec].put(.finalizers, finalizers.elements.isEmpty ? .null : finalizers)
    if tree[.spec].isNull { tree.put(.spec, .object([])) }
    var options = options
    options.subresource = "finalize"
    var warnings: [String] = []
    return try replace(served, old, with: tree, options, &warnings)
  }
}
