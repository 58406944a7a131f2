import CoreJSON
import Daemon
import Glibc

/// wavetank load and wavetank image: they ask the running cluster, which holds the images.
enum ImageCommand {
  static func load(_ arguments: [String]) {
    let (words, directory) = split(arguments)
    switch (words.first, words.count) {
    case ("docker-image", 2): ask(["verb": "load-image", "name": .string(words[1])], directory)
    case ("image-archive", 2): ask(["verb": "load-archive", "path": .string(absolute(words[1]))], directory)
    default: Usage.refuse("load wants docker-image NAME or image-archive FILE")
    }
  }

  static func image(_ arguments: [String]) {
    let (words, directory) = split(arguments)
    switch (words.first, words.count) {
    case ("pack", 3): ask(["verb": "pack", "name": .string(words[1]), "path": .string(absolute(words[2]))], directory)
    case ("pack-tools", 2): ask(["verb": "pack-tools", "name": .string(words[1])], directory)
    case ("list", 1): ask(["verb": "list"], directory)
    case ("rm", 2): ask(["verb": "rm", "name": .string(words[1])], directory)
    default: Usage.refuse("image wants pack NAME PROGRAM, pack-tools NAME, list or rm NAME")
    }
  }

  /// Words, and the data directory that --data-dir names.
  private static func split(_ arguments: [String]) -> ([String], String) {
    var words: [String] = []
    var options: [String] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word.hasPrefix("--") {
        options.append(word)
        if !word.contains("="), let value = rest.popFirst() { options.append(value) }
      } else {
        words.append(word)
      }
    }
    return (words, Options(options, options: ["--data-dir"]).dataDirectory)
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  private static func ask(_ request: JSON, _ directory: String) {
    guard let answer = ControlSocket.ask(request, directory: directory) else {
      Standard.fail("no cluster with containers is running in \(directory): start one with 'wavetank up'")
    }
    if let problem = answer[Key("error")].string { Standard.fail(problem) }
    for line in answer[Key("lines")].elements { Standard.output(line.string ?? "") }
  }
}
