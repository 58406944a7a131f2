import Glibc

/// Whole files. Foundation has this, and makes the linker warn of what else is in it.
enum TextFile {
  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { fail("\(path): error: cannot be read", status: 1) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    guard ferror(file) == 0, let text = String(validating: bytes, as: UTF8.self) else {
      fail("\(path): error: is no text in UTF-8", status: 1)
    }
    return text
  }

  static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { fail("\(path): error: cannot be written", status: 1) }
    let bytes = Array(text.utf8)
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else { fail("\(path): error: cannot be written", status: 1) }
  }
}

func fail(_ message: String, status: Int32) -> Never {
  let bytes = Array((message + "\n").utf8)
  _ = Glibc.write(2, bytes, bytes.count)
  exit(status)
}
