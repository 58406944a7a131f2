import CoreJSON
import Daemon
import EdgeClient
import Glibc
import Simulation

/// wavetank practice: the practice as a checked run. Exit code 0 only if replicas went 1 → 5 → 1.
enum PracticeCommand {
  static func run(_ arguments: [String]) {
    let options = Options(arguments, options: ["--seed", "--manifests"], flags: ["--simulate"])
    guard options.has("--simulate") else {
      Usage.refuse("the practice runs in simulated time only so far: say 'wavetank practice --simulate'")
    }
    let manifests = ManifestFiles.read(options.text("--manifests") ?? ManifestFiles.practice)
    var practice = PracticeSimulation(seed: UInt64(options.number("--seed", 0...9e15) ?? 1))
    practice.run(manifests)
    if let problem = practice.problem { Standard.fail("a manifest was refused: \(problem)") }
    Standard.output(pad("TIME", 8) + pad("SIZE", 6) + pad("MEMORY", 12) + pad("REPLICAS", 10) + "DECISION")
    for line in practice.lines {
      let time = "\(line.second / 60)m" + (line.second % 60 == 0 ? "" : "\(line.second % 60)s")
      Standard.output(pad(time, 8) + pad(line.size, 6) + pad(line.target, 12) + pad("\(line.replicas)", 10) + line.reason)
    }
    let sequence = practice.sequence.map(String.init).joined(separator: " → ")
    let holds =
      practice.sequence == [1, 2, 3, 4, 5, 4, 3, 2, 1]
      || (practice.sequence.max() == 5 && practice.sequence.first == 1 && practice.sequence.last == 1)
    Standard.output("\nreplicas: \(sequence)   \(holds ? "as the practice wants: 1 → 5 → 1" : "NOT 1 → 5 → 1")")
    exit(holds ? 0 : 1)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

/// Manifests on disk.
enum ManifestFiles {
  /// Practice/manifests: of the working directory, else beside the program's package.
  static var practice: String {
    if access("Practice/manifests", R_OK) == 0 { return "Practice/manifests" }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    var parts = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + parts.joined(separator: "/") + "/Practice/manifests"
      if access(path, R_OK) == 0 { return path }
    }
    Standard.fail("Practice/manifests was not found; name the folder with --manifests")
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
