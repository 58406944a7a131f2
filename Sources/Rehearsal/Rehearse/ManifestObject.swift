import CoreAPI
package import CoreObjects
import EdgeClient

/// One object of a manifest, and where it stands.
package struct ManifestObject: Sendable {
  package var tree: JSON
  package var file: String
  /// Of the document's beginning, from 1.
  package var line: Int

  package init(_ tree: JSON, file: String, line: Int) {
    self.tree = tree
    self.file = file
    self.line = line
  }

  var yaml: String { YAMLWriter.document(tree) }
  package var kind: String { tree[.kind].string ?? "?" }
  package var name: String { tree[.metadata][.name].string ?? "?" }
  package var namespace: String { tree[.metadata][.namespace].string ?? "default" }
  /// "Deployment web"
  package var title: String { "\(kind) \(name)" }
  package var isAutoscaler: Bool { kind == "HorizontalPodAutoscaler" }
  /// It does something at times of the clock.
  var isTimed: Bool { kind == "CronJob" }
  /// What its author wrote: without what `kubectl get` shows besides and `kubectl create` does not send.
  var withoutServersMarks: JSON {
    var tree = tree
    if !tree[.metadata].isObject { return tree }
    tree[.metadata].members.removeAll { $0.key == .resourceVersion || $0.key == .managedFields }
    // A volume, node or address of another cluster is none here.
    if kind == "PersistentVolumeClaim", !tree[.metadata][.annotations]["pv.kubernetes.io/bind-completed"].isNull {
      tree[.spec].members.removeAll { $0.key == "volumeName" }
      tree[.metadata][.annotations].members.removeAll {
        $0.key.name.hasPrefix("pv.kubernetes.io/") || $0.key.name.hasPrefix("volume.kubernetes.io/")
      }
    }
    if kind == "Service", tree[.spec]["clusterIP"].string != "None" {
      tree[.spec].members.removeAll { ["clusterIP", "clusterIPs"].contains($0.key.name) }
    }
    return tree
  }

  /// - Throws: where another autoscaler has the same target.
  func requireOwnTarget(among autoscalers: [ManifestObject]) throws(RehearsalError) {
    let same = autoscalers.filter { $0.hasTarget(of: self) }
    if same.count < 2 { return }
    let reference = tree[.spec][.scaleTargetRef]
    throw RehearsalError(
      "\(same.map(\.name).joined(separator: " and ")) scale the same \(reference[.kind].string ?? "") "
        + "\(reference[.name].string ?? ""): each would undo what the other does", at: same[1].place)
  }

  /// Of an autoscaler: whether it or its target is called so: "web", "prod/web", "deploy/web", "prod/deploy/web".
  func isMeant(by text: String) -> Bool {
    let target = tree[.spec][.scaleTargetRef]
    if [name, "\(namespace)/\(name)", target[.name].string].contains(text) { return true }
    guard let reference = try? ObjectReferenceText(text, at: "") else { return false }
    return reference.resource == Resources.definition(of: target)?.id && reference.name == target[.name].string
      && (reference.namespace == namespace || text.split(separator: "/").count == 2)
  }

  /// What a record calls an autoscaler's target, whatever other runs call the autoscaler: "default/Deployment/web".
  var targetTitle: String {
    let target = tree[.spec][.scaleTargetRef]
    return "\(namespace)/\(target[.kind].string ?? "?")/\(target[.name].string ?? "?")"
  }

  /// Both scale the same object.
  func hasTarget(of other: ManifestObject) -> Bool {
    let (mine, theirs) = (tree[.spec][.scaleTargetRef], other.tree[.spec][.scaleTargetRef])
    return namespace == other.namespace && mine[.kind] == theirs[.kind] && mine[.name] == theirs[.name]
  }

  /// "deploy.yaml:12"
  package var place: String { "\(file):\(line)" }
}

/// Why a rehearsal cannot be played: one line, with the place in a file where there is one.
package struct RehearsalError: Error, Sendable, Equatable, CustomStringConvertible {
  package var place: String?
  package var message: String

  package init(_ message: String, at place: String? = nil) {
    self.message = message
    self.place = place
  }
  package var description: String { (place.map { $0 + ": " } ?? "") + message }
}

extension [ManifestObject] {
  /// With the namespace where they are of several.
  func name(of object: ManifestObject) -> String {
    contains { $0.namespace != self[0].namespace } ? "\(object.namespace)/\(object.name)" : object.name
  }

  /// Each once.
  var names: String {
    map(name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
  }
}
