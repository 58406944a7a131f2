package import CoreTypes
import EdgeLinux
import Glibc

/// The machine's time zones (package tzdata).
package enum ZoneFiles {
  static let folder = "/usr/share/zoneinfo/"
  /// No file of the tz database has more than 4 KiB.
  static let limitBytes = 64 * 1024

  package static let database = TimeZoneDatabase { name in
    do throws(SystemError) { return try Files.read(folder + name, limit: limitBytes) } catch { return nil }
  }
}
