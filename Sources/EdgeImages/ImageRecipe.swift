import EdgeLinux
import Glibc

/// What an image is to be made of: files of this machine, and how its containers start.
package struct ImageRecipe: Sendable {
  package enum Content: Sendable, Equatable {
    /// The file of this machine, links followed.
    case file(host: String)
    case bytes([UInt8])
    case directory
    case link(to: String)
  }

  package struct Entry: Sendable, Equatable {
    /// In the image, without a leading "/".
    package var path: String
    package var mode: UInt32
    package var content: Content
  }

  package var name: String
  package var entrypoint: [String] = []
  package var command: [String] = []
  package var environment: [String] = []
  package var workingDirectory = ""
  package var user = ""
  private var content: [String: Entry] = [:]

  package init(name: String) { self.name = name }

  /// Every entry with its parent directories, by path, so that the same recipe gives the same bytes.
  package var entries: [Entry] {
    var all = content
    for path in content.keys {
      var parent = path
      while let slash = parent.lastIndex(of: "/") {
        parent = String(parent[..<slash])
        if all[parent] == nil { all[parent] = Entry(path: parent, mode: 0o755, content: .directory) }
      }
    }
    return all.values.sorted { Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8)) }
  }

  /// Adds an entry, in place of an earlier one at the path.
  /// - Throws: `badArchive` for a path that leads out of the image.
  package mutating func add(_ path: String, mode: UInt32 = 0o644, _ entry: Content) throws(ImageError) {
    let relative = String(path.drop { $0 == "/" })
    let parts = try LayerUnpacker.parts(relative, what: "the image \(name)", limits: UnpackLimits())
    guard !parts.isEmpty else { throw .badArchive(what: "the image \(name)", reason: "\"\(path)\" names no file") }
    let place = parts.joined(separator: "/")
    // Links have no mode of their own, and are told to have all bits.
    let mode = if case .link = entry { UInt32(0o777) } else { mode & 0o7777 }
    content[place] = Entry(path: place, mode: mode, content: entry)
  }

  package mutating func add(_ path: String, text: String, mode: UInt32 = 0o644) throws(ImageError) {
    try add(path, mode: mode, .bytes(Array(text.utf8)))
  }

  /// Adds a program, and the shared libraries that its loader would find on this machine, at the paths where they lie here.
  package mutating func addProgram(_ host: String, at path: String) throws(ImageError) {
    guard Files.kind(host) == S_IFREG else { throw .noProgram(host) }
    try add(path, mode: 0o755, .file(host: host))
    for library in ImageRecipe.libraries(of: host) { try add(library, mode: 0o755, .file(host: library)) }
  }

  /// As the loader lists them ("libjq.so.1 => /lib/…/libjq.so.1 (0x…)"), the loader itself included; none for a static program.
  private static func libraries(of program: String) -> [String] {
    lines("ldd", [program]).compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      return words.first { $0.hasPrefix("/") }.map(String.init)
    }
  }

  private static func lines(_ program: String, _ arguments: [String]) -> [String] {
    (Files.program(program).flatMap { ChildProcess.output($0, arguments) } ?? "").split(separator: "\n").map(String.init)
  }

  /// A busybox at /bin/busybox with a link for each of its applets, except those that are there already.
  package mutating func addBusybox() throws(ImageError) {
    guard let busybox = Files.program("busybox") else { throw ImageRecipe.missing("busybox", package: "busybox-static") }
    try addProgram(busybox, at: "bin/busybox")
    for applet in ImageRecipe.lines("busybox", ["--list"]) where content["bin/" + applet] == nil && applet != "busybox" {
      try add("bin/" + applet, mode: 0o777, .link(to: "busybox"))
    }
  }

  /// What programs expect of a root file system.
  package mutating func addSurroundings() throws(ImageError) {
    try add("etc/passwd", text: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    try add("etc/group", text: "root:x:0:\nnogroup:x:65534:\n")
    try add("etc/nsswitch.conf", text: "passwd: files\ngroup: files\nhosts: files dns\n")
    try add("root", mode: 0o700, .directory)
    try add("tmp", mode: 0o1777, .directory)
  }

  static func missing(_ program: String, package: String) -> ImageError {
    .engine(reason: "\(program) is not on this machine: install it (apt-get install \(package))")
  }
}
