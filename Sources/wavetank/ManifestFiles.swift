import CoreObjects
import EdgeClient
import EdgeLinux

/// Manifests on disk.
enum ManifestFiles {
  /// The folder that holds Practice/manifests: the working directory, else one above the program; nil where there is none.
  static var package: String? {
    if Files.isReadable("Practice/manifests") { return "." }
    var parts = ((try? Files.readLink("/proc/self/exe")) ?? "").split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + parts.joined(separator: "/")
      if Files.isReadable(path + "/Practice/manifests") { return path }
    }
    return nil
  }

  static var practice: String {
    guard let package else { Standard.fail("Practice/manifests was not found; name the folder with --manifests") }
    return package + "/Practice/manifests"
  }

  /// Every document of every .yaml file of a folder, files by name.
  static func read(_ folder: String) -> [JSON] {
    let names: [String]
    do throws(SystemError) { names = try Descriptor.directory(folder).names().sorted() } catch {
      Standard.fail("\(folder): \(error.reason)")
    }
    var documents: [JSON] = []
    for name in names where name.hasSuffix(".yaml") {
      do throws(YAMLError) { documents += try YAMLReader.documents(text(folder + "/" + name)) } catch {
        Standard.fail("\(folder)/\(name): \(error)")
      }
    }
    return documents
  }

  static func text(_ path: String) -> String {
    do throws(SystemError) { return try Files.readText(path, limit: 256 << 20) } catch {
      Standard.fail("\(path): \(error.reason)")
    }
  }
}
