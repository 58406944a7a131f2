/// A JSON Patch (RFC 6902): operations that apply all or not at all.
package struct JSONPatch: Sendable {
  /// Source of the number: maxJSONPatchOperations, k8s.io/apiserver/pkg/endpoints/handlers/patch.go, v0.36.
  package static let operationLimit = 10_000
  /// Copies may make a document larger by this many values in all: without it thirty copies make a billion.
  package static let copyLimit = 1_000_000

  private let operations: [Operation]

  /// - Throws: `JSONPatchError` of kind malformed or tooLarge.
  package init(_ patch: JSON) throws(JSONPatchError) {
    guard patch.isArray else {
      throw JSONPatchError(kind: .malformed, message: "a JSON patch is an array of operations, not \(patch.typeName)")
    }
    let count = patch.elements.count
    if count > JSONPatch.operationLimit {
      throw JSONPatchError(
        kind: .tooLarge, message: "a JSON patch may have at most \(JSONPatch.operationLimit) operations, this one has \(count)")
    }
    var operations: [Operation] = []
    operations.reserveCapacity(count)
    for (index, tree) in patch.elements.enumerated() { operations.append(try Operation(tree, index)) }
    self.operations = operations
  }

  /// The patched document; `tree` stays as it is.
  /// - Throws: `JSONPatchError` of kind notApplicable or tooLarge, which names the operation and its path.
  package func applied(to tree: JSON) throws(JSONPatchError) -> JSON {
    var result = tree
    var copies = JSONPatch.copyLimit
    for operation in operations { try operation.apply(to: &result, &copies) }
    return result
  }
}

/// Why a patch was refused.
package struct JSONPatchError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Sendable { case malformed, tooLarge, notApplicable }
  package var kind: Kind
  package var message: String
  package var description: String { message }
}

private struct Operation: Sendable {
  enum Verb: String { case add, remove, replace, move, copy, test }
  let verb: Verb
  let index: Int
  let path: JSONPointer
  var from: JSONPointer?
  var value: JSON = .null

  init(_ tree: JSON, _ index: Int) throws(JSONPatchError) {
    func failed(_ what: String) -> JSONPatchError { JSONPatchError(kind: .notApplicable, message: "operation \(index): \(what)") }
    guard tree.isObject else {
      throw JSONPatchError(kind: .malformed, message: "operation \(index): it is an object, not \(tree.typeName)")
    }
    guard let name = tree["op"].string else { throw failed("'op' is missing") }
    guard let verb = Verb(rawValue: name) else {
      throw failed("unknown op '\(name)': it is add, remove, replace, move, copy or test")
    }
    func pointer(_ key: Key) throws(JSONPatchError) -> JSONPointer {
      guard let text = tree[key].string else { throw failed("'\(key)' is missing in \(name)") }
      guard let pointer = JSONPointer(text) else {
        throw failed("'\(text)' is no JSON pointer of at most \(JSONParser.depthLimit) steps: it is empty or begins with '/'")
      }
      return pointer
    }
    self.verb = verb
    self.index = index
    path = try pointer("path")
    switch verb {
    case .move, .copy: from = try pointer("from")
    case .add, .replace, .test: value = tree["value"]
    case .remove: break
    }
  }

  func apply(to tree: inout JSON, _ copies: inout Int) throws(JSONPatchError) {
    switch verb {
    case .add: try add(value, &tree, &copies)
    case .remove: _ = try remove(path, &tree)
    case .replace:
      if try read(path, tree) == nil { return try add(value, &tree, &copies) }
      try measure(value, &copies)
      try edit(path, &tree) { value, _ in value = self.value }
    case .test:
      let found = try read(path, tree) ?? .null
      if found != value { throw failed("the value is \(JSONPatch.brief(found)), not \(JSONPatch.brief(value))") }
    case .copy: try add(try read(from!, tree) ?? .null, &tree, &copies)
    case .move:
      let from = from!
      if path.tokens.starts(with: from.tokens), path.tokens.count > from.tokens.count {
        throw failed("a value cannot move into itself")
      }
      if path.tokens == from.tokens { _ = try read(from, tree) } else { try add(try remove(from, &tree), &tree, &copies) }
    }
  }

  private func failed(_ what: String) -> JSONPatchError {
    JSONPatchError(kind: .notApplicable, message: "operation \(index) (\(verb.rawValue) \"\(path.text)\"): \(what)")
  }

  /// The value there; nil for a member that its object does not have: the library that upstream uses (evanphx/json-patch v4) takes
  /// it for null.
  private func read(_ pointer: JSONPointer, _ tree: JSON) throws(JSONPatchError) -> JSON? {
    if let value = pointer.find(in: tree) { return value }
    guard !pointer.tokens.isEmpty, pointer.parent.find(in: tree)?.isObject == true else { throw missing(pointer) }
    return nil
  }

  private func missing(_ pointer: JSONPointer) -> JSONPatchError { failed("there is nothing at \"\(pointer.text)\"") }

  /// Keeps what a patch builds as bounded as what a parser reads.
  private func measure(_ value: JSON, _ copies: inout Int) throws(JSONPatchError) {
    guard value.fits(depth: JSONParser.depthLimit - path.tokens.count, values: &copies) else {
      throw JSONPatchError(
        kind: .tooLarge,
        message: "operation \(index) (\(verb.rawValue) \"\(path.text)\"): the result is nested too deeply or grows too large")
    }
  }

  private func add(_ value: JSON, _ tree: inout JSON, _ copies: inout Int) throws(JSONPatchError) {
    try measure(value, &copies)
    guard let last = path.tokens.last else {
      tree = value
      return
    }
    var problem: String?
    try edit(path.parent, &tree) { parent, _ in problem = parent.insert(value, at: last) }
    if let problem { throw failed(problem) }
  }

  private func remove(_ pointer: JSONPointer, _ tree: inout JSON) throws(JSONPatchError) -> JSON {
    guard let value = try read(pointer, tree) else { throw missing(pointer) }
    guard let last = pointer.tokens.last else {
      tree = .null
      return value
    }
    try edit(pointer.parent, &tree) { parent, _ in parent.removeChild(last) }
    return value
  }

  private func edit(_ pointer: JSONPointer, _ tree: inout JSON, _ body: (inout JSON, Int) -> Void) throws(JSONPatchError) {
    if !pointer.edit(&tree, body) { throw missing(pointer) }
  }
}

extension JSONPatch {
  /// A value in a message, cut.
  fileprivate static func brief(_ value: JSON) -> String {
    let text = value.description
    return text.count > 80 ? text.prefix(77) + "..." : text
  }
}
