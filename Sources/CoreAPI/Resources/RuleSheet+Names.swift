import CoreObjects

/// Rules that kinds of drivers, webhooks and policies share.
extension RuleSheet {
  /// The longest name of a driver. Source: ValidateCSIDriverName, pkg/apis/core/validation/validation.go, v1.36.
  private static let driverLimit = 63

  /// A name of a CSI or device driver, unless it is missing, which the schema tells.
  mutating func driver(_ value: JSON, _ path: @autoclosure () -> FieldPath) {
    guard let text = value.string, !text.isEmpty else { return }
    if text.utf8.count > RuleSheet.driverLimit {
      refuse(.tooLong, path(), nil, "may not be more than \(RuleSheet.driverLimit) bytes")
    }
    name(.string(text.lowercased()), path(), .dnsSubdomain)
  }

  /// A list of at most so many elements.
  /// - Returns: whether its elements are worth a look
  mutating func bound(_ list: JSON, to limit: Int, _ path: @autoclosure () -> FieldPath) -> Bool {
    let count = list.isObject ? list.members.count : list.elements.count
    if count <= limit { return true }
    refuse(.tooMany, path(), .int(Int64(count)), "must have at most \(limit) items")
    return false
  }

  /// A text that is there must be one of these.
  mutating func choice(_ value: JSON, _ path: @autoclosure () -> FieldPath, _ supported: [String]) {
    guard let text = value.string, !supported.contains(text) else { return }
    add([.notSupported(path(), value: text, supported: supported.sorted())])
  }

  /// "*" means all, and stands alone.
  mutating func wildcard(_ list: JSON, _ path: @autoclosure () -> FieldPath) {
    guard list.elements.count > 1, list.elements.contains("*") else { return }
    refuse(.invalid, path(), list, "'*' means all of them, and stands alone")
  }

  /// Elements that are there twice.
  mutating func repeats(_ list: JSON, _ path: FieldPath) {
    var seen = Set<String>()
    for (index, element) in list.elements.enumerated() {
      guard let text = element.string, !seen.insert(text).inserted else { continue }
      refuse(.duplicate, path.index(index), element)
    }
  }
}
