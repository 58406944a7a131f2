/// The time zones by name ("Europe/Berlin"). What is behind the names comes from outside, as bytes.
package struct TimeZoneDatabase: Sendable {
  /// Where an edge has none: knows UTC alone.
  package static let utcOnly = TimeZoneDatabase { _ in nil }
  private static let nameLimit = 128

  private let read: @Sendable (String) -> [UInt8]?

  /// - Parameter read: the file (RFC 8536) of a name; nil for an unknown one. It is only asked for names that stay inside a folder.
  package init(read: @escaping @Sendable (String) -> [UInt8]?) { self.read = read }

  /// Nil for a name that is unknown or whose file is damaged.
  package func rules(_ name: String) -> TimeZoneRules? {
    if name == "UTC" { return .utc }
    guard TimeZoneDatabase.isName(name), let bytes = read(name) else { return nil }
    do throws(TimeZoneFileError) { return try TimeZoneRules(tzif: bytes) } catch { return nil }
  }

  /// Parts of letters, digits, "_", "-" and "+", joined by "/": no way out of the folder.
  package static func isName(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= nameLimit else { return false }
    return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"): true
          default: false
          }
        }
    }
  }
}
