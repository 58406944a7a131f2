import CoreAPI
import CoreObjects
import EdgeClient
import EdgeLinux
import Rehearsal

/// Manifests as people have them: files, folders, several documents, Lists, standard input.
enum Manifests {
  static let sizeLimit = 256 << 20

  /// - Throws: what cannot be read, with file and line; kinds that are not served, unless they are skipped (and named).
  static func read(_ paths: [String], skipsUnserved: Bool) throws(RehearsalError) -> [ManifestObject] {
    let objects = try all(paths)
    if objects.isEmpty { throw RehearsalError("there is no object in it", at: paths.joined(separator: ", ")) }
    let unserved = objects.filter { Resources.collectionPath(of: $0.tree) == nil }
    guard let first = unserved.first else { return objects }
    if let object = unserved.first(where: { $0.tree[.apiVersion].string == nil }) {
      throw RehearsalError("\(object.title) has no apiVersion", at: object.place)
    }
    if !skipsUnserved {
      let kinds = unserved.map { "\($0.tree[.apiVersion].string ?? "") \($0.kind)" }.reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      throw RehearsalError(
        "\(first.title): \(kinds.joined(separator: ", ")) \(kinds.count > 1 ? "are" : "is") not served here; --skip-unserved leaves such "
          + "objects out", at: first.place)
    }
    for object in unserved { Standard.error("\(object.place): \(object.title) is left out: its kind is not served") }
    return objects.filter { Resources.collectionPath(of: $0.tree) != nil }
  }

  /// Served or not.
  static func all(_ paths: [String]) throws(RehearsalError) -> [ManifestObject] {
    var objects: [ManifestObject] = []
    for path in paths {
      for file in try files(path) { objects += try read(file) }
    }
    return objects
  }

  private static func files(_ path: String) throws(RehearsalError) -> [String] {
    if path == "-" { return [path] }
    guard let names = try? Descriptor.directory(path).names().sorted() else { return [path] }
    let files = names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }
    if files.isEmpty { throw RehearsalError("there is no .yaml, .yml or .json file in it; folders in it are not read", at: path) }
    return files.map { path + (path.hasSuffix("/") ? "" : "/") + $0 }
  }

  private static func read(_ file: String) throws(RehearsalError) -> [ManifestObject] {
    let name = file == "-" ? "standard input" : file
    let text: String
    do throws(SystemError) { text = try Files.readText(file == "-" ? "/dev/stdin" : file, limit: sizeLimit) } catch {
      throw RehearsalError(error.reason, at: name)
    }
    var objects: [ManifestObject] = []
    do throws(YAMLError) {
      for document in try YAMLReader.located(text) { try add(document.value, name, document.line, document.elements, &objects) }
    } catch let error {
      throw RehearsalError(error.message, at: "\(name):\(error.line)")
    }
    return objects
  }

  /// - Parameter lines: of the items, where it is a List
  private static func add(
    _ tree: JSON, _ file: String, _ line: Int, _ lines: [Int], _ objects: inout [ManifestObject]
  ) throws(YAMLError) {
    guard tree.isObject, let kind = tree[.kind].string else {
      throw YAMLError(line: line, message: "a document without kind is no object of Kubernetes")
    }
    if kind == "List" || (kind.hasSuffix("List") && tree[.items].isArray) {
      let items = tree[.items].elements
      for (index, item) in items.enumerated() {
        try add(item, file, lines.count == items.count ? lines[index] : line, [], &objects)
      }
    } else {
      objects.append(ManifestObject(tree, file: file, line: line))
    }
  }
}
