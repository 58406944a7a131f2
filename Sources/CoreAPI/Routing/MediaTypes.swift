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

  /// The first clause that can be answered, in the order of the header.
  init(_ header: String) throws(APIError) {
    if header.isEmpty || header == "application/json" || header == "*/*" {
      shape = .object
      return
    }
    for clause in header.split(separator: ",") {
      if let shape = Accept.shape(clause) {
        self.shape = shape
        return
      }
    }
    throw .notAcceptable(Accept.served)
  }

  private static func shape(_ clause: Substring) -> Shape? {
    let parts = clause.split(separator: ";").map { $0.trimmingSpaces }
    guard let type = parts.first, ["application/json", "application/*", "*/*"].contains(type.lowercased()) else { return nil }
    var parameters: [Substring: Substring] = [:]
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: "=") else { continue }
      parameters[part[..<equals]] = part[part.index(after: equals)...]
    }
    if parameters["q"] == "0" { return nil }
    guard let kind = parameters["as"] else { return .object }
    let version = String(parameters["v"] ?? "v1")
    switch (kind, parameters["g"]) {
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
  header.prefix { $0 != ";" }.trimmingSpaces.lowercased()
}

extension Substring {
  /// Without the spaces and tabs on both sides.
  var trimmingSpaces: Substring {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
