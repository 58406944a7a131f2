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
