/// Which objects name which owner, sorted by key. In shards: while a copy (a snapshot) is alive, a write copies one of them.
struct OwnerIndex: Sendable {
  private static let shardCount = 64
  private var shards: [[String: [ObjectKey]]] = Array(repeating: [:], count: shardCount)

  /// Any spread of the owners' UIDs will do; their digits are random.
  private static func shard(_ uid: String) -> Int { Int(FNV.hash(uid) % UInt64(shardCount)) }

  func owned(by uid: String) -> [ObjectKey] { shards[Self.shard(uid)][uid] ?? [] }

  mutating func insert(_ uid: String, _ key: ObjectKey) {
    let shard = Self.shard(uid)
    var keys = shards[shard].removeValue(forKey: uid) ?? []
    let place = keys.span.partition { $0 < key }
    if place == keys.count || keys[place] != key { keys.insert(key, at: place) }
    shards[shard][uid] = keys
  }

  mutating func remove(_ uid: String, _ key: ObjectKey) {
    let shard = Self.shard(uid)
    guard var keys = shards[shard].removeValue(forKey: uid) else { return }
    let place = keys.span.partition { $0 < key }
    if place < keys.count, keys[place] == key { keys.remove(at: place) }
    if !keys.isEmpty { shards[shard][uid] = keys }
  }
}
