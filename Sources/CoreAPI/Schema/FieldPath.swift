package import CoreObjects

/// Where a field is: `spec.template.spec.containers[0].name`, `metadata.labels[app.kubernetes.io/name]`.
///
/// Extending a path costs one small allocation; its text is made when somebody reads it.
package struct FieldPath: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringLiteral {
  private enum Element: Sendable {
    case text(String)
    case field(Key)
    case index(Int)
    case key(String)
  }

  private final class Node: Sendable {
    let parent: Node?
    let element: Element
    init(_ parent: Node?, _ element: Element) {
      self.parent = parent
      self.element = element
    }
  }

  private var last: Node?

  private init(last: Node?) { self.last = last }
  package init(_ text: String = "") { last = text.isEmpty ? nil : Node(nil, .text(text)) }
  package init(stringLiteral text: String) { self.init(text) }

  package func child(_ name: String) -> FieldPath { FieldPath(last: Node(last, .text(name))) }
  package func child(_ key: Key) -> FieldPath { FieldPath(last: Node(last, .field(key))) }
  package func index(_ index: Int) -> FieldPath { FieldPath(last: Node(last, .index(index))) }
  package func key(_ key: String) -> FieldPath { FieldPath(last: Node(last, .key(key))) }

  package var description: String {
    var elements: [Element] = []
    var node = last
    while let here = node {
      elements.append(here.element)
      node = here.parent
    }
    var text = ""
    for element in elements.reversed() {
      switch element {
      case .text(let name): text += text.isEmpty ? name : "." + name
      case .field(let key): text += text.isEmpty ? key.name : "." + key.name
      case .index(let index): text += "[\(index)]"
      case .key(let key): text += "[\(key)]"
      }
    }
    return text
  }

  package static func == (left: FieldPath, right: FieldPath) -> Bool { left.description == right.description }
}
