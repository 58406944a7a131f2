/// Values by name that stay where they are: who looks for one again and again remembers its place, and works on it there. The place
/// of one that is removed is given to the next that comes.
///
/// `@inlinable`, since it is generic and used on hot paths of other modules.
@usableFromInline package struct Slots<Name: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline var values: [Value] = []
  /// Nil where nothing is.
  @usableFromInline var names: [Name?] = []
  @usableFromInline var free: [Int] = []
  @usableFromInline var places: [Name: Int] = [:]
  /// Behind each place, and before all, the one that was asked for next the last time.
  @usableFromInline var followers: [Int] = []

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { places.isEmpty }
  /// Of all values, also of those that were left in places that are free.
  @inlinable package var indices: Range<Int> { 0..<values.count }
  /// All values, also those that were left in places that are free.
  @inlinable package var all: [Value] { values }

  @inlinable package func place(of name: Name) -> Int? { places[name] }

  /// - Parameter hint: where it may be
  @inlinable package func place(of name: Name, hint: Int) -> Int? {
    isPlace(hint, of: name) ? hint : places[name]
  }

  @inlinable func isPlace(_ place: Int, of name: Name) -> Bool {
    let names = names.span
    return names.indices.contains(place) && names[place] == name
  }

  /// For who goes through many names again and again, mostly in the order of the last time.
  /// - Parameter before: the place of the name before it, which may be the same name; -1 for the first
  @inlinable package mutating func place(of name: Name, after before: Int) -> Int? {
    let hint = followers.indices.contains(before + 1) ? followers[before + 1] : -1
    if isPlace(hint, of: name) { return hint }
    guard let place = place(of: name, hint: before) else { return nil }
    if place != before {
      while followers.count <= before + 1 { followers.append(-1) }
      followers[before + 1] = place
    }
    return place
  }

  @inlinable package subscript(place: Int) -> Value {
    @inline(__always) _read { yield values[place] }
    @inline(__always) _modify { yield &values[place] }
  }

  /// The place of a name; `value` is put there where it had none.
  /// - Parameter hint: where it may be
  @inlinable package mutating func reserve(_ name: Name, _ value: @autoclosure () -> Value, hint: Int = -1) -> Int {
    if let place = place(of: name, hint: hint) { return place }
    let place: Int
    if let unused = free.popLast() {
      place = unused
      values[place] = value()
      names[place] = name
    } else {
      place = values.count
      values.append(value())
      names.append(name)
    }
    places[name] = place
    return place
  }

  /// Frees the place of a name, whose value is now `empty`.
  /// - Returns: the place that it had
  @discardableResult
  @inlinable package mutating func remove(_ name: Name, leaving empty: @autoclosure () -> Value) -> Int? {
    guard let place = places.removeValue(forKey: name) else { return nil }
    names[place] = nil
    values[place] = empty()
    free.append(place)
    return place
  }
}
