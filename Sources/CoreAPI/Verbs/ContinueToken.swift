import CoreObjects

/// Where a list that was cut short goes on: the revision at which it began and the last key that was sent.
/// Clients only carry it; upstream's has the same parts (k8s.io/apiserver/pkg/storage/continue.go).
struct ContinueToken: Sendable, Equatable {
  var revision: UInt64
  var namespace: String
  var name: String
}

extension ContinueToken {
  init(_ text: String) throws(APIError) {
    guard let bytes = Base64.decode(text), let tree = try? JSONParser.parse(bytes), let revision = tree["rv"].int, revision >= 0,
      let namespace = tree["ns"].string, let name = tree["n"].string
    else { throw .badRequest("continue: the token was not made by this server") }
    self.init(revision: UInt64(revision), namespace: namespace, name: name)
  }

  var text: String {
    let tree: JSON = ["rv": .int(Int64(revision)), "ns": .string(namespace), "n": .string(name)]
    return Base64.encode(tree.encoded())
  }
}
