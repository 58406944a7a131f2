import CZlib
import CoreLoad
import EdgeLinux
import Glibc
import Rehearsal

/// A file of numbers over time, packed by gzip or not, read as a stream.
enum SeriesFile {
  private static let chunkBytes = 1 << 20

  /// - Parameter path: - is standard input
  /// - Throws: with the file and the line where something is wrong.
  static func read(_ path: String, _ selection: LoadSelection) throws(RehearsalError) -> LoadReading {
    let file: Descriptor
    do throws(SystemError) { file = try Descriptor.open(path == "-" ? "/dev/stdin" : path, O_RDONLY) } catch {
      throw RehearsalError(error.reason, at: path)
    }
    let plainName = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    var reader = LoadReader(selection, format: LoadFormat(fileName: plainName))
    do throws(LoadError) {
      let stream = try Unpacked(file)
      while case let bytes = try stream.next(), !bytes.isEmpty {
        try bytes.withUnsafeBufferPointer { (buffer) throws(LoadError) in try reader.consume(UnsafeRawBufferPointer(buffer)) }
      }
      return try reader.finish()
    } catch {
      throw RehearsalError(error.message, at: path + (error.line.map { ":\($0)" } ?? ""))
    }
  }

  /// What is not packed zlib hands through.
  private final class Unpacked {
    private let file: Descriptor
    private let stream: gzFile

    init(_ file: Descriptor) throws(LoadError) {
      guard let stream = gzopen(file.path, "rb") else { throw LoadError("it cannot be opened twice") }
      self.file = file
      gzbuffer(stream, UInt32(chunkBytes))
      self.stream = stream
    }

    deinit { gzclose(stream) }

    func next() throws(LoadError) -> [UInt8] {
      let bytes = [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, count in
        count = max(0, Int(gzread(stream, buffer.baseAddress, UInt32(chunkBytes))))
      }
      var code: Int32 = 0
      if let text = gzerror(stream, &code), code != Z_OK, code != Z_STREAM_END {
        // Behind the path.
        throw LoadError(String(cString: text).split(separator: ": ").last.map(String.init) ?? "it cannot be read")
      }
      return bytes
    }
  }
}
