import CoreObjects

extension APIServer {
  /// Subresources of stored objects.
  func answerSubresource(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    let name = call.info.subresource
    guard let subresource = call.served.definition.allSubresources.first(where: { $0.name == name }) else {
      throw .noSuchResource
    }
    guard !call.info.pathName.isEmpty else { throw .noSuchResource }
    guard subresource.verbs.contains(call.info.verb) else { throw .methodNotAllowed() }
    switch (name, call.info.verb) {
    case ("status", _), ("ephemeralcontainers", _), ("resize", _), ("approval", _):
      return try answerPart(WriteScope(rawValue: name)!, call, &writer)
    case ("scale", "get"): return try getScale(call, writer.store)
    case ("scale", "update"): return try updateScale(call, &writer)
    case ("scale", "patch"): return try patchScale(call, &writer)
    case ("finalize", _): return try finalize(call, &writer)
    case ("binding", _): return try bind(call, &writer)
    case ("eviction", _): return try evict(call, &writer)
    case ("token", _): return try requestToken(call, &writer)
    case ("log", _): return try log(call, writer.store)
    case ("exec", _), ("attach", _): return try execute(call, writer.store)
    case ("portforward", _): return try forwardPorts(call, writer.store)
    default: throw .noSuchResource
    }
  }

  /// A subresource that shows the whole object, and of which a write changes a part.
  private func answerPart(_ part: WriteScope, _ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    switch call.info.verb {
    case "get": return try get(call, writer.store)
    case "update": return try update(call, part, &writer)
    default: return try patch(call, part, &writer)
    }
  }
}
