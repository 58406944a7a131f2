import CoreAPI
package import CoreObjects

/// Something that happens in a run at a given time.
package struct RehearsalStep: Sendable {
  package enum Action: Sendable {
    case apply([ManifestObject])
    case patch(ObjectReferenceText, merge: JSON, subresource: String? = nil)
    case scale(ObjectReferenceText, replicas: Int)
    case delete(ObjectReferenceText)
    case image(ObjectReferenceText, container: String?, image: String)
    /// Containers of a workload's first pods end with an error.
    case crash(ObjectReferenceText, count: Int, code: Int)
    /// No sample of a workload's pods for so many seconds.
    case silence(ObjectReferenceText, seconds: Double)
    case drain(node: String)
    /// The node is lost with all that runs on it.
    case kill(node: String)
    case restore(node: String)
  }
  package var second: Double
  package var action: Action
  /// Where it stands: "scenario.yaml:14".
  package var place: String

  package init(_ second: Double, _ action: Action, at place: String) {
    self.second = second
    self.action = action
    self.place = place
  }

  /// As the timeline tells it.
  package var text: String {
    switch action {
    case .apply(let objects): "apply " + objects.map(\.title).joined(separator: ", ")
    case .patch(let target, let merge, let part): "patch \(part.map { $0 + " of " } ?? "")\(target) with \(merge)"
    case .scale(let target, let replicas): "scale \(target) to \(replicas)"
    case .delete(let target): "delete \(target)"
    case .image(let target, let container, let image): "set image of \(target)\(container.map { " " + $0 } ?? "") to \(image)"
    case .crash(let target, let count, let code): "crash \(count) of \(target) with exit code \(code)"
    case .silence(let target, let seconds): "no samples of \(target) for \(Int(seconds)) s"
    case .drain(let node): "drain \(node)"
    case .kill(let node): "kill \(node)"
    case .restore(let node): "restore \(node)"
    }
  }
}

/// An object as people name it: deployment/web, deploy/web; prod/deploy/web in another namespace than default.
package struct ObjectReferenceText: Sendable, Equatable, CustomStringConvertible {
  package let description: String
  package let namespace: String
  package let resource: ResourceID
  /// Of its collection: "/apis/apps/v1/namespaces/default/deployments".
  let collection: String
  package let name: String

  /// - Throws: where it is no KIND/NAME, or the kind is not served.
  package init(_ text: String, at place: String) throws(RehearsalError) {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), !parts.contains("") else {
      throw RehearsalError("wants KIND/NAME, or NAMESPACE/KIND/NAME, not '\(text)'", at: place)
    }
    let namespace = parts.count == 3 ? parts.removeFirst() : "default"
    // "deployment.apps" as kubectl writes it, too.
    let kind = parts[0].split(separator: ".", maxSplits: 1).map(String.init)
    guard let definition = Resources.definition(named: kind[0]), kind.count == 1 || kind[1] == definition.id.group,
      let version = definition.versions.first
    else {
      throw RehearsalError("'\(parts[0])' is no kind that is served", at: place)
    }
    description = text
    self.namespace = definition.isNamespaced ? namespace : ""
    resource = definition.id
    name = parts[1]
    collection =
      (version.group.isEmpty ? "/api/" : "/apis/") + version.apiVersion
      + (definition.isNamespaced ? "/namespaces/\(namespace)" : "") + "/" + definition.id.name
  }

  var path: String { collection + "/" + name }
  var key: ObjectKey { ObjectKey(resource, namespace: namespace, name) }
}
