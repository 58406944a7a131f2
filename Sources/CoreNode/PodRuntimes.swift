/// Pods by UID. A look at one, or a change of it, happens in its place: a PodRuntime is large, and a dictionary would copy it.
struct PodRuntimes: Sendable {
  private var slots: [PodRuntime?] = []
  private var free: [Int] = []
  private var places: [String: Int] = [:]

  subscript(uid: String) -> PodRuntime? {
    _read {
      if let place = places[uid] { yield slots[place] } else { yield nil }
    }
    _modify {
      let place = places[uid] ?? reserve(uid)
      defer { if slots[place] == nil { release(uid, place) } }
      yield &slots[place]
    }
  }

  /// Works on a pod in its place, which is found once; without one there is nothing to do.
  /// - Parameter work: returns whether the pod stays
  mutating func update(_ uid: String, _ work: (inout PodRuntime) -> Bool) {
    guard let place = places[uid], slots[place] != nil else { return }
    if work(&slots[place]!) { return }
    slots[place] = nil
    release(uid, place)
  }

  /// In no order.
  var all: some Sequence<PodRuntime> { slots.lazy.compactMap { $0 } }

  private mutating func reserve(_ uid: String) -> Int {
    let place = free.popLast() ?? slots.count
    if place == slots.count { slots.append(nil) }
    places[uid] = place
    return place
  }

  private mutating func release(_ uid: String, _ place: Int) {
    places[uid] = nil
    free.append(place)
  }
}
