package import CoreObjects

/// What the command line asks of a running cluster: a JSON object on its control socket.
package enum ControlRequest: Sendable, Equatable {
  case images(ImageRequest)
  /// Why an autoscaler did what it did last.
  case explain(autoscaler: String, namespace: String)
  case node(NodeRequest)
  /// How it runs and what of it there is on the machine.
  case status
  /// What is published.
  case published
  case publish(PublishedPort)
  case unpublish(HostSide)
  case faults(FaultRequest)

  package var tree: JSON {
    switch self {
    case .images(let request): request.tree
    case .explain(let name, let namespace): ["verb": "explain", "name": .string(name), "namespace": .string(namespace)]
    case .node(let request): request.tree
    case .status: ["verb": "status"]
    case .faults(let request): request.tree
    case .published: ["verb": "published"]
    case .publish(let port): ["verb": "publish", "port": .string("\(port)")]
    case .unpublish(let side): ["verb": "unpublish", "port": .string("\(side)")]
    }
  }

  package init?(_ tree: JSON) {
    switch (tree[Key("verb")].string, tree[.name].string ?? tree["port"].string) {
    case ("explain", let name?):
      guard let namespace = tree[.namespace].string else { return nil }
      self = .explain(autoscaler: name, namespace: namespace)
    case ("status", _): self = .status
    case ("published", _): self = .published
    case ("publish", let text?):
      guard let port = try? PublishedPort(text) else { return nil }
      self = .publish(port)
    case ("unpublish", let text?):
      guard let side = try? HostSide(text) else { return nil }
      self = .unpublish(side)
    default:
      if let request = FaultRequest(tree) {
        self = .faults(request)
      } else if let request = NodeRequest(tree) {
        self = .node(request)
      } else {
        guard let request = ImageRequest(tree) else { return nil }
        self = .images(request)
      }
    }
  }
}

/// What `wavetank load` and `wavetank image` ask: the running cluster alone holds the image store.
package enum ImageRequest: Sendable, Equatable {
  /// Of docker or podman, or packed before.
  case loadImage(name: String)
  case loadArchive(path: String)
  case pack(name: String, program: String)
  case packTools(name: String)
  case list
  case remove(name: String)
  /// From its registry onto every node.
  case pull(name: String)
  /// What is being pulled, and how far it is.
  case pulling
  case save(name: String, path: String)
  case prune

  var tree: JSON {
    switch self {
    case .loadImage(let name): ["verb": "load-image", "name": .string(name)]
    case .loadArchive(let path): ["verb": "load-archive", "path": .string(path)]
    case .pack(let name, let program): ["verb": "pack", "name": .string(name), "path": .string(program)]
    case .packTools(let name): ["verb": "pack-tools", "name": .string(name)]
    case .list: ["verb": "list"]
    case .remove(let name): ["verb": "rm", "name": .string(name)]
    case .pull(let name): ["verb": "pull", "name": .string(name)]
    case .pulling: ["verb": "pulling"]
    case .save(let name, let path): ["verb": "save", "name": .string(name), "path": .string(path)]
    case .prune: ["verb": "prune"]
    }
  }

  package init?(_ tree: JSON) {
    switch (tree[Key("verb")].string, tree[.name].string, tree[.path].string) {
    case ("load-image", let name?, _): self = .loadImage(name: name)
    case ("load-archive", _, let path?): self = .loadArchive(path: path)
    case ("pack", let name?, let path?): self = .pack(name: name, program: path)
    case ("pack-tools", let name?, _): self = .packTools(name: name)
    case ("list", _, _): self = .list
    case ("rm", let name?, _): self = .remove(name: name)
    case ("pull", let name?, _): self = .pull(name: name)
    case ("pulling", _, _): self = .pulling
    case ("save", let name?, let path?): self = .save(name: name, path: path)
    case ("prune", _, _): self = .prune
    default: return nil
    }
  }
}
