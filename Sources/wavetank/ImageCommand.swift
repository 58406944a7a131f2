import CoreObjects
import Daemon
import EdgeImages
import EdgeLinux
import Glibc

/// wavetank load and wavetank image: they ask the running cluster, which holds the images.
enum ImageCommand {
  struct NameOptions: CommandOptions {
    let name = Option.argument("NAME", .text, "the image's name, as manifests have it")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [name, dataDirectory] }
  }

  struct ArchiveOptions: CommandOptions {
    let file = Option.argument("FILE", .file, "an archive of docker's or of OCI's layout")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [file, dataDirectory] }
  }

  struct PackOptions: CommandOptions {
    let name = Option.argument("NAME", .text, "what the image will be called")
    let program = Option.argument("PROGRAM", .file, "a program that needs no libraries beside it")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [name, program, dataDirectory] }
  }

  struct ListOptions: CommandOptions {
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [dataDirectory] }
  }

  static let loadImage = Command(
    "load docker-image", "puts an image onto every node",
    details: ["One that 'image pack' has made, or else one that docker or podman has."],
    examples: ["load docker-image app:test": "as kind's command of that name does"], options: NameOptions.self
  ) { (invocation) throws(UsageError) in ask(.loadImage(name: try name(invocation.name)), invocation.dataDirectory) }

  static let loadArchive = Command(
    "load image-archive", "puts the images of an archive onto every node", options: ArchiveOptions.self
  ) { (invocation) throws(UsageError) in
    ask(.loadArchive(path: try file(invocation.file, of: "load image-archive")), invocation.dataDirectory)
  }

  static let pack = Command(
    "image pack", "makes an image of a program and busybox",
    details: ["The program is /app in it, and what it starts with. 'load docker-image' puts it onto the nodes."],
    options: PackOptions.self
  ) { (invocation) throws(UsageError) in
    let program = try file(invocation.program, of: "image pack")
    ask(.pack(name: try name(invocation.name), program: program), invocation.dataDirectory)
  }

  static let packTools = Command(
    "image pack-tools", "makes an image of bash, jq and kubectl",
    details: ["They are this machine's own; the image is on every node at once."],
    examples: ["image pack-tools alpine/k8s:1.25.8": "where that image's registry cannot be reached"], options: NameOptions.self
  ) { (invocation) throws(UsageError) in ask(.packTools(name: try name(invocation.name)), invocation.dataDirectory) }

  static let list = Command("image list", "lists the images of every node", options: ListOptions.self) {
    ask(.list, $0.dataDirectory)
  }

  static let remove = Command("image rm", "takes an image off every node", options: NameOptions.self) {
    ask(.remove(name: $0.name), $0.dataDirectory)
  }

  struct SaveOptions: CommandOptions {
    let name = Option.argument("NAME", .text, "the image's name, as manifests have it")
    let file = Option.argument("FILE", .file, "the archive that is written")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [name, file, dataDirectory] }
  }

  static let pull = Command(
    "image pull", "fetches an image from its registry onto every node",
    details: ["As pods without pull secrets would: with the machine's own credentials, or anonymously."],
    options: NameOptions.self
  ) { (invocation) async throws(UsageError) in await pull(try name(invocation.name), invocation.dataDirectory) }

  static let save = Command(
    "image save", "writes an image as an archive",
    details: ["For docker load, skopeo, podman and load image-archive."],
    examples: ["image save app:test app.tar": "its layers as they came, so that it keeps its ID"], options: SaveOptions.self
  ) { (invocation) throws(UsageError) in
    let path = try file(invocation.file, of: "image save")
    ask(.save(name: invocation.name, path: path), invocation.dataDirectory)
  }

  static let prune = Command(
    "image prune", "takes images away that no pod has",
    details: ["Also from the cluster's own registry what no tag leads to."], options: ListOptions.self
  ) { ask(.prune, $0.dataDirectory) }

  /// Shows how far it is while it waits, on a terminal.
  private static func pull(_ name: String, _ directory: String) async {
    let progress = Task.detached {
      while Terminal.isError {
        try await Task.sleep(for: .milliseconds(500))
        let lines = ControlSocket.ask(ControlRequest.images(.pulling).tree, directory: directory)?["lines"].elements ?? []
        try Task.checkCancellation()
        if let line = lines.first?.string { Descriptor.write("\r\u{1B}[K" + line, to: 2) }
      }
    }
    let answer = ControlSocket.ask(ControlRequest.images(.pull(name: name)).tree, directory: directory)
    progress.cancel()
    if Terminal.isError { Descriptor.write("\r\u{1B}[K", to: 2) }
    for line in ControlSocket.lines(answer, in: directory) { Standard.output(line) }
  }

  private static func name(_ text: String) throws(UsageError) -> String {
    do throws(ImageError) { _ = try ImageReference(text) } catch { throw UsageError("\(error)") }
    return text
  }

  /// Its path for the cluster, which has another working directory and no such thing as our standard streams.
  private static func file(_ path: String, of command: String) throws(UsageError) -> String {
    if path == "-" { throw UsageError("\(command) wants a file, not '-': the cluster reads and writes it") }
    let path = absolute(path)
    if Files.isDirectory(path) { throw UsageError("\(command) wants a file, and \(path) is a directory") }
    return path
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  private static func ask(_ request: ImageRequest, _ directory: String) {
    for line in ControlSocket.lines(.images(request), in: directory) { Standard.output(line) }
  }
}
