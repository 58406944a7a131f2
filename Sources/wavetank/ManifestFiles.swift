import CoreJSON
import Daemon
import EdgeClient
import Glibc

/// Manifests on disk.
enum ManifestFiles {
  /// The folder that holds Practice/manifests: the working directory, else one above the program; nil where there is none.
  static var package: String? {
    if access("Practice/manifests", R_OK) == 0 { return "." }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    var parts = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + parts.joined(separator: "/")
      if access(path + "/Practice/manifests", R_OK) == 0 { return path }
    }
    return nil
  }

  static var practice: String {
    guard let package else { Standard.fail("Practice/manifests was not found; name the folder with --manifests") }
    return package + "/Practice/manifests"
  }

  /// Every document of every .yaml file of a folder, files by name.
  static func read(_ folder: String) -> [JSON] {
    guard let directory = opendir(folder) else { Standard.fail("\(folder): \(String(cString: strerror(errno)))") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".yaml") { names.append(name) }
    }
    var documents: [JSON] = []
    for name in names.sorted() {
      do throws(YAMLError) { documents += try YAMLReader.documents(text(folder + "/" + name)) } catch {
        Standard.fail("\(folder)/\(name): \(error)")
      }
    }
    return documents
  }

  static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { Standard.fail("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
