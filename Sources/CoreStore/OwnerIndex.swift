/// Which objects name which owner, sorted by owner and key.
struct OwnerIndex: Sendable {
  private struct Entry: Sendable, Comparable {
    let uid: String
    let key: ObjectKey
    static func < (left: Entry, right: Entry) -> Bool { left.uid != right.uid ? left.uid < right.uid : left.key < right.key }
  }
  private var entries = SortedChunks<Entry>()

  func owned(by uid: String) -> [ObjectKey] {
    entries.run(from: entries.position { $0.uid < uid }) { $0.uid == uid }.map(\.key)
  }

  mutating func insert(_ uid: String, _ key: ObjectKey) {
    let entry = Entry(uid: uid, key: key)
    let position = entries.position { $0 < entry }
    if entries.element(at: position) != entry { entries.insert(entry, at: position) }
  }

  mutating func remove(_ uid: String, _ key: ObjectKey) {
    let entry = Entry(uid: uid, key: key)
    let position = entries.position { $0 < entry }
    if entries.element(at: position) == entry { entries.remove(at: position) }
  }
}
