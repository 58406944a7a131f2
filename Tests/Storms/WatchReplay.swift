import CoreObjects

/// A list and the lines of the watch that went on from it.
struct WatchReplay: Sendable {
  private let listed: [StoredObject]
  var lines: [[UInt8]] = []

  init(_ listed: [StoredObject] = []) { self.listed = listed }

  /// - Returns: what differs between the replayed watch and the pods of now
  func compare(_ facts: Facts) -> String? {
    var versions: [String: String] = [:]
    func name(_ tree: JSON) -> String { "\(tree[.metadata][.namespace].string ?? "")/\(tree[.metadata][.name].string ?? "")" }
    for object in listed { versions[name(object.tree)] = object.metadata.resourceVersion }
    for line in lines {
      guard let event = try? JSONParser.parse(line) else { return "a line that is not JSON" }
      let object = event[Key("object")]
      let key = name(object)
      switch event[.type].string {
      case "DELETED": if versions.removeValue(forKey: key) == nil { return "\(key) is deleted and was not there" }
      case "ADDED":
        if versions.updateValue(object[.metadata][.resourceVersion].string ?? "", forKey: key) != nil {
          return "\(key) is added twice"
        }
      case "MODIFIED":
        if versions.updateValue(object[.metadata][.resourceVersion].string ?? "", forKey: key) == nil {
          return "\(key) is modified and was not there"
        }
      default: return "a line of the type \(event[.type].string ?? "none")"
      }
    }
    let present = Dictionary(facts.list(.pods).map { (name($0.tree), $0.metadata.resourceVersion ?? "") }) { first, _ in first }
    return present == versions ? nil : "the watch tells of \(versions.count) pods, the list of \(present.count)"
  }
}
