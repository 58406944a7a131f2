/// What the client wants to read, from its Accept header.
struct Accept: Sendable, Equatable {
  enum Shape: Sendable, Equatable {
    case object
    /// meta.k8s.io/v1 or v1beta1
    case table(version: String)
    case partial(version: String)
    /// apidiscovery.k8s.io/v2 or v2beta1
    case discovery(version: String)
  }
  var shape: Shape

  static let served = ["application/json"]
  private static let types = ["application/json", "application/*", "*/*"]

  /// The first clause that can be answered, in the order of the header.
  init(_ header: String) throws(APIError) {
    if header.isEmpty || header == "application/json" || header == "*/*" {
      shape = .object
      return
    }
    for clause in header.utf8.split(separator: UInt8(ascii: ",")).map(Substring.init) {
      if let shape = Accept.shape(clause) {
        self.shape = shape
        return
      }
    }
    throw .notAcceptable(Accept.served)
  }

  private static func shape(_ clause: Substring) -> Shape? {
    let parts = clause.utf8.split(separator: UInt8(ascii: ";")).map { Substring($0).trimmingSpaces }
    guard let type = parts.first, type == "application/json" || types.contains(type.lowercased()) else { return nil }
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
