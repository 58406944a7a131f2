/// Where a field is: `spec.template.spec.containers[0].name`, `metadata.labels[app.kubernetes.io/name]`.
package struct FieldPath: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringLiteral {
  package var description: String

  package init(_ text: String = "") { description = text }
  package init(stringLiteral text: String) { description = text }

  package func child(_ name: String) -> FieldPath { FieldPath(description.isEmpty ? name : description + "." + name) }
  package func index(_ index: Int) -> FieldPath { FieldPath(description + "[\(index)]") }
  package func key(_ key: String) -> FieldPath { FieldPath(description + "[\(key)]") }
}
