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
    let fingerprint = resource.fingerprint
    let known = fingerprints.span
    var place = firstPlace(of: fingerprint)
    while place < known.count, known[place] == fingerprint {
      if keys[place] == resource { return place }
      place += 1
    }
    return nil
  }

  package subscript(place: Int) -> Value {
    @inline(__always) _read { yield values[place] }
    @inline(__always) _modify { yield &values[place] }
  }

  package subscript(resource: ResourceID) -> Value? {
    place(of: resource).map { values[$0] }
  }

  /// The place of a resource's value, which is made where there is none.
  package mutating func reserve(_ resource: ResourceID, _ value: @autoclosure () -> Value) -> Int {
    if let place = place(of: resource) { return place }
    let place = firstPlace(of: resource.fingerprint)
    fingerprints.insert(resource.fingerprint, at: place)
    keys.insert(resource, at: place)
    values.insert(value(), at: place)
    return place
  }

  /// The first place whose fingerprint is not less.
  private func firstPlace(of fingerprint: UInt64) -> Int { fingerprints.span.partition { $0 < fingerprint } }
}
