/// A value for each of a few resources, found by their fingerprints without hashing.
package struct ResourceMap<Value: Sendable>: Sendable {
  private var fingerprints: [UInt64] = []  // sorted
  private var keys: [ResourceID] = []
  private var values: [Value] = []

  package init() {}

  /// In no order that means something.
  package var resources: [ResourceID] { keys }

  /// Where the value of a resource is; nil where it has none. Any write of another resource may move it.
  package func place(of resource: ResourceID) -> Int? {
    let place = firstPlace(of: resource)
    return isThere(resource, place) ? place : nil
  }

  package subscript(place: Int) -> Value {
    @inline(__always) _read { yield values[place] }
    @inline(__always) _modify { yield &values[place] }
  }

  package subscript(resource: ResourceID) -> Value? {
    let place = firstPlace(of: resource)
    return isThere(resource, place) ? values[place] : nil
  }

  /// The place of a resource's value, which is made where there is none.
  package mutating func reserve(_ resource: ResourceID, _ value: @autoclosure () -> Value) -> Int {
    let place = firstPlace(of: resource)
    if !isThere(resource, place) {
      fingerprints.insert(resource.fingerprint, at: place)
      keys.insert(resource, at: place)
      values.insert(value(), at: place)
    }
    return place
  }

  private func isThere(_ resource: ResourceID, _ place: Int) -> Bool {
    let keys = keys.span
    return place < keys.count && keys[place] == resource
  }

  /// The first place whose fingerprint is not less; of several with one fingerprint, the resource's own.
  private func firstPlace(of resource: ResourceID) -> Int {
    let fingerprint = resource.fingerprint
    let known = fingerprints.span
    var low = 0
    var high = known.count
    while low < high {
      let middle = (low + high) / 2
      if known[middle] < fingerprint { low = middle + 1 } else { high = middle }
    }
    while low < known.count, known[low] == fingerprint, !isThere(resource, low) { low += 1 }
    return low
  }
}
