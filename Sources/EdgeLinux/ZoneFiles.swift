/// The machine's time zones (package tzdata).
package enum ZoneFiles {
  private static let folder = "/usr/share/zoneinfo/"
  /// No file of the tz database has more than 4 KiB.
  private static let limitBytes = 64 * 1024

  /// The file of a zone; nil where there is none.
  @Sendable package static func read(_ name: String) -> [UInt8]? {
    do throws(SystemError) { return try Files.read(folder + name, limit: limitBytes) } catch { return nil }
  }
}
