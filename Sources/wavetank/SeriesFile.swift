import CoreLoad
import EdgeLinux
import Glibc
import Rehearsal

/// A file of numbers over time, read as a stream.
enum SeriesFile {
  private static let chunkBytes = 1 << 20

  /// - Throws: with the file and the line where something is wrong.
  static func read(_ path: String, _ selection: LoadSelection) throws(RehearsalError) -> LoadSeries {
    let file: Descriptor
    do throws(SystemError) { file = try Descriptor.open(path, O_RDONLY) } catch { throw RehearsalError(error.reason, at: path) }
    var reader = LoadReader(selection, format: LoadFormat(fileName: path))
    do throws(LoadError) {
      while case let bytes = try next(file), !bytes.isEmpty {
        try bytes.withUnsafeBufferPointer { (buffer) throws(LoadError) in try reader.consume(UnsafeRawBufferPointer(buffer)) }
      }
      return try reader.finish().series
    } catch {
      throw RehearsalError(error.message, at: path + (error.line.map { ":\($0)" } ?? ""))
    }
  }

  private static func next(_ file: Descriptor) throws(LoadError) -> [UInt8] {
    do throws(SystemError) { return try file.readNow(chunkBytes) ?? [] } catch { throw LoadError(error.reason) }
  }
}
