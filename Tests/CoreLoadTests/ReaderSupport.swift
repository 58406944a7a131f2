import CoreLoad
import Foundation

/// Files of real programs, in Tests/Recordings/load.
func recording(_ name: String) throws -> [UInt8] {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return [UInt8](try Data(contentsOf: folder.appending(path: "Recordings/load/\(name)")))
}

/// Reads a file that comes in pieces.
func load(
  _ bytes: [UInt8], _ selection: LoadSelection = LoadSelection(), format: LoadFormat? = nil, pieces: Int = .max
) throws(LoadError) -> LoadReading {
  var reader = LoadReader(selection, format: format)
  var place = 0
  while place < bytes.count {
    let end = place + min(pieces, bytes.count - place)
    try Array(bytes[place..<end]).withUnsafeBufferPointer { (piece) throws(LoadError) in
      try reader.consume(UnsafeRawBufferPointer(piece))
    }
    place = end
  }
  return try reader.finish()
}

func load(
  _ text: String, _ selection: LoadSelection = LoadSelection(), format: LoadFormat? = nil
) throws(LoadError) -> LoadReading { try load(Array(text.utf8), selection, format: format) }

func selection(_ change: (inout LoadSelection) -> Void) -> LoadSelection {
  var selection = LoadSelection()
  change(&selection)
  return selection
}

/// What is said of a file that cannot be read.
func complaint(
  _ text: String, _ selection: LoadSelection = LoadSelection(), format: LoadFormat? = nil
) -> String {
  do {
    return "read: \(try load(text, selection, format: format).lines)"
  } catch { return error.description }
}

extension LoadSeries {
  func level(at second: Double, _ cursor: inout Int) -> Double? {
    let level = piece(from: second, to: .infinity, &cursor).first
    return level.isNaN ? nil : level
  }
}

extension LoadReading {
  /// "0:1.5 15:- 30:2": seconds and values, - where there is none.
  var lines: String {
    zip(series.seconds, series.values).map { "\($0.short):\($1.isNaN ? "-" : $1.short)" }.joined(separator: " ")
  }
  func level(_ second: Double) -> Double? {
    var cursor = -1
    return series.level(at: second, &cursor)
  }
}

extension Double {
  fileprivate var short: String {
    let rounded = (self * 1000).rounded() / 1000
    return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }
}
