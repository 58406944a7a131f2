/// The commands of the program.
struct CommandTable: Sendable {
  let commands: [Command]

  /// What a command line asks for.
  enum Request {
    case overview
    /// Of one command, or of those that share their first word.
    case help([Command])
    case run(Command, [String: [String]])
  }

  func parse(_ arguments: [String]) throws(UsageError) -> Request {
    var words = arguments
    if words.first == "--version" { words[0] = "version" }
    guard let first = words.first, first != "-h", first != "--help" else { return .overview }
    if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "-h" || $0 == "--help" }) {
      return .help(try named(Array(words.prefix { !$0.hasPrefix("-") })))
    }
    let (command, rest) = try command(words)
    return .run(command, try ArgumentParser(command: command, table: self).values(rest))
  }

  /// The command with these words, or all that begin with the first; further words are arguments.
  func named(_ words: [String]) throws(UsageError) -> [Command] {
    let group = try group(words.first ?? "")
    guard words.count > 1, let command = group.first(where: { $0.words.count > 1 && $0.words[1] == words[1] }) else {
      return group
    }
    return [command]
  }

  private func group(_ word: String) throws(UsageError) -> [Command] {
    let group = commands.filter { $0.words[0] == word }
    if !group.isEmpty { return group }
    if word.hasPrefix("-") { throw UsageError("unknown command '\(word)'; options follow the command") }
    let near = EditDistance.nearest(to: word, in: firstWords)
    throw UsageError("unknown command '\(word)'; " + (near.map { "the nearest is \($0)" } ?? "'wavetank help' names all"))
  }

  /// The command that is meant, and what is left of the line. Options may stand before a command's second word.
  private func command(_ words: [String]) throws(UsageError) -> (Command, [String]) {
    let group = try group(words[0])
    var rest = words.dropFirst()
    if group[0].words.count == 1 { return (group[0], Array(rest)) }
    let wanted = "\(words[0]) wants " + CommandTable.list(group.map { $0.synopsis.dropFirst(words[0].count + 1).description })
    guard let index = ArgumentParser.firstArgument(rest, options: group.flatMap(\.options)) else { throw UsageError(wanted) }
    let second = rest.remove(at: index)
    if let command = group.first(where: { $0.words[1] == second }) { return (command, Array(rest)) }
    let near = EditDistance.nearest(to: second, in: group.map { $0.words[1] })
    throw UsageError("\(wanted), not '\(second)'" + (near.map { "; the nearest is \($0)" } ?? ""))
  }

  /// The first words of the commands, each once.
  var firstWords: [String] {
    commands.map { $0.words[0] }.reduce(into: []) { words, word in if words.last != word { words.append(word) } }
  }

  /// What the commands do that begin with this word.
  func summary(_ first: String) -> String {
    let second = secondWords(first)
    return second.isEmpty ? commands.first { $0.words[0] == first }?.summary ?? "" : second.joined(separator: ", ")
  }

  /// The second words of the commands that begin with this one.
  func secondWords(_ first: String) -> [String] { commands.filter { $0.words[0] == first }.flatMap { $0.words.dropFirst() } }

  /// "a, b or c".
  static func list(_ words: [String], _ last: String = "or") -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " \(last) " + words[words.count - 1]
  }
}

extension Command {
  /// Its words and arguments: "image pack NAME PROGRAM".
  var synopsis: String { (words + arguments.map(\.form)).joined(separator: " ") }
}

extension Parameter {
  /// How it stands in a command line: "[--nodes N]", "NAME", "[-n NAMESPACE]", "[-f FILE]...".
  var form: String {
    let bare = isArgument ? name : (short.map { "-\($0)" } ?? name) + (valueName.isEmpty ? "" : " \(valueName)")
    return (isRequired ? bare : "[\(bare)]") + (isRepeated ? "..." : "")
  }
}
