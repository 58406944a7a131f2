/// Values by name that stay where they are: who looks for one again and again remembers its place.
struct Slots<Value: Sendable>: Sendable {
  private var values: [Value] = []
  private var names: [String] = []
  private var free: [Int] = []
  private var places: [String: Int] = [:]

  func place(of name: String) -> Int? { places[name] }

  /// - Parameter hint: where it may be
  func place(of name: String, hint: Int) -> Int? {
    let names = names.span
    return names.indices.contains(hint) && names[hint] == name ? hint : places[name]
  }

  subscript(place: Int) -> Value {
    @inline(__always) _read { yield values[place] }
    @inline(__always) _modify { yield &values[place] }
  }

  /// The place of a name; `value` is put there where it had none.
  /// - Parameter hint: where it may be
  mutating func reserve(_ name: String, _ value: @autoclosure () -> Value, hint: Int = -1) -> Int {
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
  mutating func remove(_ name: String, leaving empty: @autoclosure () -> Value) -> Int? {
    guard let place = places.removeValue(forKey: name) else { return nil }
    names[place] = ""
    values[place] = empty()
    free.append(place)
    return place
  }
}
