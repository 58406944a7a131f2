package import CoreObjects
import Synchronization

/// Cuts a stream into the JSON values of its lines, as a watch sends them.
package final class JSONLines: Sendable {
  private let rest = Mutex<[UInt8]>([])

  package init() {}

  /// The lines that are whole now. One that is no JSON is left out.
  package func receive(_ bytes: [UInt8]) -> [JSON] {
    rest.withLock { rest in
      rest += bytes
      var found: [JSON] = []
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        if let value = try? JSONParser.parse(Array(rest[start..<end])) { found.append(value) }
        start = end + 1
      }
      rest.removeFirst(start)
      return found
    }
  }
}
