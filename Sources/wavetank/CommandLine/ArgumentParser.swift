/// Why a command line is not understood, in one line.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Reads what follows a command's words.
struct ArgumentParser {
  let command: Command
  let table: CommandTable

  /// - Returns: the words of each parameter that was given, by its name.
  func values(_ words: [String]) throws(UsageError) -> [String: [String]] {
    var values: [String: [String]] = [:]
    var arguments: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        arguments += rest
        break
      }
      guard ArgumentParser.isOption(word) else {
        arguments.append(word)
        continue
      }
      let (name, attached) = ArgumentParser.split(word)
      guard let option = ArgumentParser.option(name, in: command.options) else { throw unknown(name) }
      if values[option.name] != nil, !option.isRepeated { throw UsageError("\(option.name) is given twice") }
      values[option.name, default: []].append(try value(of: option, attached, &rest))
    }
    for (name, words) in try assign(arguments) { values[name] = words }
    for option in command.options { try checkPresence(of: option, values) }
    return values
  }

  /// The position of the first word that is no option and no option's value.
  static func firstArgument(_ words: ArraySlice<String>, options: [Parameter]) -> Int? {
    var isValue = false
    return words.indices.first { index in
      let word = words[index]
      if isValue || !isOption(word) {
        defer { isValue = false }
        return !isValue
      }
      let (name, attached) = split(word)
      isValue = attached == nil && option(name, in: options)?.isFlag == false
      return false
    }
  }

  private static func isOption(_ word: String) -> Bool { word.hasPrefix("-") && word.count > 1 }

  private static func option(_ name: String, in options: [Parameter]) -> Parameter? {
    options.first { $0.name == name || $0.short.map { "-\($0)" } == name }
  }

  /// --name=value, -nvalue and -n=value are an option and its value; other words are an option.
  private static func split(_ word: String) -> (name: String, value: String?) {
    if word.hasPrefix("--") {
      guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
      return (String(word[..<equals]), String(word[equals...].dropFirst()))
    }
    let value = word.dropFirst(2)
    return (String(word.prefix(2)), value.isEmpty ? nil : String(value.hasPrefix("=") ? value.dropFirst() : value))
  }

  private func value(of option: Parameter, _ attached: String?, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
    if option.isFlag {
      if attached != nil { throw UsageError("\(option.name) has no value") }
      return ""
    }
    let value: String
    if let attached {
      value = attached
    } else if let next = rest.first, !next.hasPrefix("--"), ArgumentParser.option(next, in: command.options) == nil {
      value = rest.removeFirst()
    } else {
      value = ""
    }
    if value.isEmpty { throw UsageError("\(option.name) wants a value") }
    if let wanted = option.refusal(value) { throw UsageError("\(option.name) wants \(wanted), not '\(value)'") }
    return value
  }

  /// Gives each argument its word, and all that are left to one that may be repeated.
  private func assign(_ words: [String]) throws(UsageError) -> [String: [String]] {
    var rest = words[...]
    var values: [String: [String]] = [:]
    for argument in command.arguments {
      let given = rest.prefix(argument.isRepeated ? rest.count : 1)
      rest = rest.dropFirst(given.count)
      if given.isEmpty, argument.isRequired { throw UsageError("\(command.name) wants \(argument.refusal("") ?? argument.name)") }
      for word in given {
        if word.isEmpty { throw UsageError("\(command.name) wants \(argument.name), which is empty") }
        if let wanted = argument.refusal(word) { throw UsageError("\(command.name) wants \(wanted), not '\(word)'") }
      }
      values[argument.name] = Array(given)
    }
    if let surplus = rest.first {
      let wanted =
        command.arguments.isEmpty ? "has no arguments" : "wants \(command.arguments.map(\.name).joined(separator: " "))"
      throw UsageError("\(command.name) \(wanted), not also '\(surplus)'")
    }
    return values
  }

  private func checkPresence(of option: Parameter, _ values: [String: [String]]) throws(UsageError) {
    guard values[option.name] != nil else {
      if option.isRequired { throw UsageError("\(command.name) wants \(option.name) \(option.valueName)") }
      return
    }
    if !option.companions.isEmpty, !option.companions.contains(where: { values[$0] != nil }) {
      throw UsageError("\(option.name) goes only with \(CommandTable.list(option.companions))")
    }
    if let opponent = option.opponents.first(where: { values[$0] != nil }) {
      throw UsageError("\(option.name) does not go with \(opponent)")
    }
  }

  private func unknown(_ name: String) -> UsageError {
    let owners = table.commands.filter { ArgumentParser.option(name, in: $0.options) != nil }.map(\.name)
    if !owners.isEmpty {
      return UsageError("\(name) is an option of \(CommandTable.list(owners, "and")), not of \(command.name)")
    }
    let near = EditDistance.nearest(to: name, in: command.options.map(\.name) + ["--help"])
    return UsageError(
      "unknown option '\(name)'"
        + (near.map { "; the nearest of \(command.name) is \($0)" } ?? "; see 'wavetank \(command.name) --help'"))
  }
}
