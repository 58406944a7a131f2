extension CommandTable {
  /// A completion for fish.
  var fishCompletion: String {
    var lines = [
      "# Completion of wavetank for fish: wavetank completion fish | source", "complete -c wavetank -f",
      "complete -c wavetank -l help -s h -d 'prints the help'",
    ]
    for word in firstWords {
      let group = commands.filter { $0.words[0] == word }
      lines.append("complete -c wavetank -n __fish_use_subcommand -a \(word) -d \(summary(word).fishQuoted)")
      for command in group {
        var condition = "__fish_seen_subcommand_from \(word)"
        if let second = command.words.dropFirst().first {
          let isOpen = "\(condition); and not __fish_seen_subcommand_from \(secondWords(word).joined(separator: " "))"
          lines.append("complete -c wavetank -n '\(isOpen)' -a \(second) -d \(command.summary.fishQuoted)")
          condition += "; and __fish_seen_subcommand_from \(second)"
        }
        for parameter in command.parameters {
          lines.append("complete -c wavetank -n '\(condition)'" + fishNames(parameter) + fishValue(parameter))
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  private func fishNames(_ parameter: Parameter) -> String {
    if parameter.isArgument { return "" }
    return (parameter.short.map { " -s \($0)" } ?? "") + " -l \(parameter.name.dropFirst(2)) -d \(parameter.summary.fishQuoted)"
  }

  /// An option's value is required (-r), and nothing but that (-x) where it is no file.
  private func fishValue(_ parameter: Parameter) -> String {
    let words: String
    switch parameter.kind {
    case .flag: return ""
    case .file: return parameter.isArgument ? " -F" : " -r -F"
    case .folder: words = "'(__fish_complete_directories)'"
    case .choice(let choices): words = "'\(choices.joined(separator: " "))'"
    case .command: words = "'\(firstWords.joined(separator: " "))'"
    case .object(_, let choices): words = "'\(choices.joined(separator: " "))'"
    case .text, .number, .wholeNumber: words = ""
    }
    return (parameter.isArgument ? "" : " -x") + (words.isEmpty ? "" : " -a \(words)")
  }
}

extension String {
  /// In single quotes, as fish reads them.
  fileprivate var fishQuoted: String { "'" + replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'" }
}
