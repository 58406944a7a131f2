/// Where the fields of a document stand.
package struct FieldPlaces: Sendable {
  package let file: String
  private let lines: [String: Int]

  /// - Parameter lines: of each field, by its path
  package init(file: String, lines: [String: Int]) {
    self.file = file
    self.lines = lines
  }

  /// "scenario.yaml:14"; of a field that is not there its nearest parent's.
  func place(_ path: String) -> String { "\(file):\(line(path))" }

  func line(_ path: String) -> Int {
    var path = path
    while !path.isEmpty {
      if let line = lines[path] { return line }
      let cut = path.lastIndex { $0 == "." || $0 == "[" }
      path = cut.map { String(path[..<$0]) } ?? ""
    }
    return 1
  }
}
