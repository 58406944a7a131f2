/// A set of code points: ranges, and general categories of Unicode.
struct ScalarClass: Sendable, Equatable {
  /// Sorted, without overlaps, once `normalized`.
  var ranges: [ClosedRange<UInt32>] = []
  /// A bit for each general category.
  var categories: UInt32 = 0
  var isNegated = false
  /// Upper and lower case are the same.
  var foldsCase = false
  /// The answers for ASCII.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ ranges: [ClosedRange<UInt32>] = [], categories: UInt32 = 0) {
    self.ranges = ranges
    self.categories = categories
  }

  mutating func formUnion(_ other: ScalarClass) {
    if other.isNegated {
      // A class with a name is ranges or categories, never both.
      if other.categories == 0 { ranges += ScalarClass.complement(other.normalized().ranges) }
      if other.categories != 0 { categories |= ScalarClass.allCategories & ~other.categories }
    } else {
      ranges += other.ranges
      categories |= other.categories
    }
  }

  /// Ready to be asked.
  func normalized() -> ScalarClass {
    var result = self
    result.ranges = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.ranges.last, range.lowerBound <= last.upperBound &+ 1 {
        result.ranges[result.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.ranges.append(range)
      }
    }
    for value in 0..<UInt32(128) where result.holds(value) {
      if value < 64 { result.low |= 1 << UInt64(value) } else { result.high |= 1 << UInt64(value - 64) }
    }
    return result
  }

  static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { result.append(next...0x10FFFF) }
    return result
  }

  @inline(__always) func contains(_ value: UInt32) -> Bool {
    if value < 64 { return low >> UInt64(value) & 1 == 1 }
    if value < 128 { return high >> UInt64(value - 64) & 1 == 1 }
    return holds(value)
  }

  private func holds(_ value: UInt32) -> Bool {
    guard foldsCase else { return has(value) != isNegated }
    return CaseFolding.variants(value).contains(where: has) != isNegated
  }

  private func has(_ value: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    if low < ranges.count, ranges[low].lowerBound <= value { return true }
    guard categories != 0, let scalar = Unicode.Scalar(value) else { return false }
    return categories & ScalarClass.bit(scalar.properties.generalCategory) != 0
  }
}

extension ScalarClass {
  private static let order: [(name: String, category: Unicode.GeneralCategory)] = [
    ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter), ("Lo", .otherLetter),
    ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark), ("Nd", .decimalNumber), ("Nl", .letterNumber),
    ("No", .otherNumber), ("Pc", .connectorPunctuation), ("Pd", .dashPunctuation), ("Ps", .openPunctuation),
    ("Pe", .closePunctuation), ("Pi", .initialPunctuation), ("Pf", .finalPunctuation), ("Po", .otherPunctuation),
    ("Sm", .mathSymbol), ("Sc", .currencySymbol), ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator),
    ("Zl", .lineSeparator), ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Cs", .surrogate),
    ("Co", .privateUse), ("Cn", .unassigned),
  ]
  static let allCategories = UInt32(1) << 30 - 1

  private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 {
    order.firstIndex { $0.category == category }.map { 1 << UInt32($0) } ?? 0
  }

  /// "L", "Lu", "Greek", "Any"; nil for an unknown one.
  static func property(_ name: String) -> ScalarClass? {
    if name == "Any" { return ScalarClass([0...0x10FFFF]) }
    if let script = UnicodeScripts.ranges[name] { return ScalarClass(script) }
    guard (1...2).contains(name.utf8.count) else { return nil }
    var categories: UInt32 = 0
    for (place, entry) in order.enumerated() where entry.name == name || (name.utf8.count == 1 && entry.name.hasPrefix(name)) {
      categories |= 1 << UInt32(place)
    }
    return categories == 0 ? nil : ScalarClass(categories: categories)
  }

  static let digits = ScalarClass([0x30...0x39])
  static let spaces = ScalarClass([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
  static let word = ScalarClass([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

  /// The classes of POSIX: `[:alpha:]`.
  static func posix(_ name: String) -> ScalarClass? {
    switch name {
    case "alnum": ScalarClass([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": ScalarClass([0x41...0x5A, 0x61...0x7A])
    case "ascii": ScalarClass([0...0x7F])
    case "blank": ScalarClass([0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarClass([0...0x1F, 0x7F...0x7F])
    case "digit": digits
    case "graph": ScalarClass([0x21...0x7E])
    case "lower": ScalarClass([0x61...0x7A])
    case "print": ScalarClass([0x20...0x7E])
    case "punct": ScalarClass([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": ScalarClass([0x09...0x0D, 0x20...0x20])
    case "upper": ScalarClass([0x41...0x5A])
    case "word": word
    case "xdigit": ScalarClass([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}

/// Letters that differ in nothing but their case.
enum CaseFolding {
  /// The code point and all that it is the same as.
  static func variants(_ value: UInt32) -> [UInt32] {
    guard let scalar = Unicode.Scalar(value) else { return [value] }
    let lower = single(scalar.properties.lowercaseMapping) ?? value
    let upper = single(scalar.properties.uppercaseMapping) ?? value
    var variants = [value, lower, upper]
    if let folded = Unicode.Scalar(upper).flatMap({ single($0.properties.lowercaseMapping) }) { variants.append(folded) }
    // The sign of the unit kelvin, the long s and the sign of the unit ångström are letters, too.
    switch variants.last {
    case 0x6B: variants.append(0x212A)
    case 0x73: variants.append(0x17F)
    case 0xE5: variants.append(0x212B)
    default: break
    }
    return variants
  }

  private static func single(_ mapping: String) -> UInt32? {
    let scalars = mapping.unicodeScalars
    return scalars.count == 1 ? scalars.first?.value : nil
  }
}
