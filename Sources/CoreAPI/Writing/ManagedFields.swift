import CoreObjects

/// Who owns which fields of one object: metadata.managedFields, read. Source: apimachinery/pkg/util/managedfields, v1.36.
struct ManagedFields {
  /// Managers that write without applying; the oldest of more are put together.
  static let updateLimit = 10
  static let clientSideApply = "kubectl-client-side-apply"
  static let beforeFirstApply = "before-first-apply"
  static let ancientChanges = "ancient-changes"

  struct Manager: Equatable {
    var name: String
    var isApply: Bool
    var subresource = ""

  }
  struct Entry {
    var manager: Manager
    var apiVersion: String
    var time: String
    var set: FieldSet

    /// Who it is, as conflicts name them: '"x" with subresource "scale" using apps/v1'. Who applies is one in all versions.
    var text: String {
      "\"\(manager.name)\"" + (manager.subresource.isEmpty ? "" : " with subresource \"\(manager.subresource)\"")
        + (manager.isApply ? "" : " using \(apiVersion)")
    }
  }

  var entries: [Entry] = []

  init() {}

  /// Nil for a list that is out of form.
  init?(_ list: JSON) {
    for tree in list.elements {
      guard let operation = tree["operation"].string, operation == "Apply" || operation == "Update",
        tree["fieldsType"].string == "FieldsV1", let fields = ManagedFields.parsed(tree["fieldsV1"]),
        let apiVersion = tree[.apiVersion].string
      else { return nil }
      let manager = Manager(
        name: tree["manager"].string ?? "", isApply: operation == "Apply", subresource: tree["subresource"].string ?? "")
      entries.append(
        Entry(manager: manager, apiVersion: apiVersion, time: tree[.time].string ?? "", set: FieldSet(fieldsV1: fields))
      )
    }
  }

  /// What a manager owns, as it is written; nil where the list does not have it so.
  static func fieldsV1(of manager: Manager, _ apiVersion: String, in list: JSON) -> [UInt8]? {
    for entry in list.elements where entry["manager"].isText(manager.name) && entry[.apiVersion].isText(apiVersion) {
      guard entry["operation"].isText(manager.isApply ? "Apply" : "Update"), case .raw(let bytes) = entry["fieldsV1"],
        entry["subresource"].string ?? "" == manager.subresource
      else { continue }
      return bytes
    }
    return nil
  }

  /// The parser leaves these bytes as they came.
  private static func parsed(_ fields: JSON) -> JSON? {
    guard case .raw(let bytes) = fields else { return fields.isObject ? fields : nil }
    return try? JSONParser.parse(bytes)
  }

  /// Applies first, then by time and name.
  var tree: JSON {
    let sorted = entries.sorted {
      ($0.manager.isApply ? 0 : 1, $0.time, $0.manager.name, $0.manager.subresource)
        < ($1.manager.isApply ? 0 : 1, $1.time, $1.manager.name, $1.manager.subresource)
    }
    return .array(
      sorted.map { entry in
        var tree: JSON = [
          "manager": .string(entry.manager.name), "operation": entry.manager.isApply ? "Apply" : "Update",
          "apiVersion": .string(entry.apiVersion),
        ]
        if !entry.time.isEmpty { tree.put(.time, .string(entry.time)) }
        tree.put("fieldsType", "FieldsV1")
        tree.put("fieldsV1", .raw(entry.set.fieldsV1.encoded()))
        if !entry.manager.subresource.isEmpty { tree.put("subresource", .string(entry.manager.subresource)) }
        return tree
      })
  }

  subscript(manager: Manager) -> FieldSet {
    entries.first { $0.manager == manager }?.set ?? FieldSet()
  }

  /// An empty set takes the manager out.
  mutating func set(_ manager: Manager, _ set: FieldSet, apiVersion: String, time: String) {
    let place = entries.firstIndex { $0.manager == manager }
    if set.isEmpty {
      if let place { entries.remove(at: place) }
    } else if let place {
      if entries[place].set == set { return }
      entries[place] = Entry(manager: manager, apiVersion: apiVersion, time: time, set: set)
    } else {
      entries.append(Entry(manager: manager, apiVersion: apiVersion, time: time, set: set))
    }
  }

  /// All that somebody other than `manager` owns.
  func others(than manager: Manager) -> FieldSet {
    entries.reduce(into: FieldSet()) { all, entry in if entry.manager != manager { all = all.union(entry.set) } }
  }

  /// Takes `fields` from everybody but `manager`.
  mutating func transfer(_ fields: FieldSet, to manager: Manager) {
    for index in entries.indices where entries[index].manager != manager {
      entries[index].set = entries[index].set.subtracting(fields)
    }
    entries.removeAll { $0.set.isEmpty }
  }

  /// What was removed from the object belongs to nobody.
  mutating func remove(_ fields: FieldSet) {
    for index in entries.indices { entries[index].set = entries[index].set.subtracting(fields) }
    entries.removeAll { $0.set.isEmpty }
  }

  mutating func limitUpdates() {
    let updates = entries.filter { !$0.manager.isApply && $0.manager.subresource.isEmpty }.sorted { $0.time < $1.time }
    guard updates.count > ManagedFields.updateLimit else { return }
    let old = updates.prefix(updates.count - ManagedFields.updateLimit + 1)
    let set = old.reduce(FieldSet()) { $0.union($1.set) }
    entries.removeAll { entry in old.contains { $0.manager == entry.manager } }
    let manager = Manager(name: ManagedFields.ancientChanges, isApply: false)
    self.set(manager, self[manager].union(set), apiVersion: old.last!.apiVersion, time: old.last!.time)
  }
}
