/// What the client wants to read, from its Accept header.
package struct Accept: Sendable, Equatable {
  enum Shape: Sendable, Equatable {
    case object
    /// meta.k8s.io/v1 or v1beta1
    case table(version: String)
    case partial(version: String)
    /// apidiscovery.k8s.io/v2 or v2beta1
    case discovery(version: String)
  }
  /// In what an answer is written. The core writes JSON, of which the host makes the others.
  package enum Form: String, Sendable, CaseIterable {
    case json = "application/json"
    case yaml = "application/yaml"
    case protobuf = "application/vnd.kubernetes.protobuf"
  }
  var shape: Shape
  package private(set) var form = Form.json

  /// The first clause that can be answered, in the order of the header. Who takes something else is not answered in protobuf, which
  /// other clients than Go's cannot look into.
  /// - Parameter streams: the answer has no end, which is told in JSON alone
  package init(_ header: String, streams: Bool = false) throws(APIError) {
    if header.isEmpty || header == "application/json" || header == "*/*" {
      shape = .object
      return
    }
    var isBinary = false
    for clause in header.utf8.split(separator: UInt8(ascii: ",")).map(Substring.init) {
      let type = mediaType(of: String(clause))
      let form = ["application/*", "*/*"].contains(type) ? Form.json : Form(rawValue: type)
      guard let form, form == .json || !streams, let shape = Accept.shape(clause) else { continue }
      if form == .protobuf {
        isBinary = isBinary || shape == .object
      } else {
        (self.shape, self.form) = (shape, form)
        return
      }
    }
    guard isBinary else { throw .notAcceptable(streams ? [Form.json.rawValue] : Form.allCases.map(\.rawValue)) }
    (shape, form) = (.object, .protobuf)
  }

  private static func shape(_ clause: Substring) -> Shape? {
    let parts = clause.utf8.split(separator: UInt8(ascii: ";")).map { Substring($0).trimmingSpaces }
    var (kind, group, version): (Substring?, Substring?, String) = (nil, nil, "v1")
    for part in parts.dropFirst() {
      guard let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = part[part.utf8.index(after: equals)...]
      switch part[..<equals] {
      case "q": if value == "0" { return nil }
      case "as": kind = value
      case "g": group = value
      case "v": version = String(value)
      default: continue
      }
    }
    guard let kind else { return .object }
    switch (kind, group) {
    case ("Table", "meta.k8s.io") where version == "v1" || version == "v1beta1": return .table(version: version)
    case ("PartialObjectMetadata", "meta.k8s.io"), ("PartialObjectMetadataList", "meta.k8s.io"):
      return version == "v1" || version == "v1beta1" ? .partial(version: version) : nil
    case ("APIGroupDiscoveryList", "apidiscovery.k8s.io") where version == "v2" || version == "v2beta1":
      return .discovery(version: version)
    default: return nil
    }
  }
}

/// The media type of a body without its parameters, in lower case.
func mediaType(of header: String) -> String {
  if header == "application/json" { return header }
  let end = header.utf8.firstIndex(of: UInt8(ascii: ";")) ?? header.endIndex
  return header[..<end].trimmingSpaces.lowercased()
}

extension Substring {
  /// Without the spaces and tabs on both sides.
  var trimmingSpaces: Substring {
    func isSpace(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var text = utf8
    while isSpace(text.first) { text.removeFirst() }
    while isSpace(text.last) { text.removeLast() }
    return Substring(text)
  }
}
