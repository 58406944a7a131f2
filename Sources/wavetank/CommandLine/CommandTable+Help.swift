extension CommandTable {
  /// What `wavetank help` prints.
  var overview: String {
    let width = commands.map { $0.synopsis.count }.max() ?? 0
    let rows = commands.map { "  " + $0.synopsis.padded(width) + "  " + $0.summary }
    return """
      wavetank \(Product.version): \(Product.summary)

      \(rows.joined(separator: "\n"))

      'wavetank help COMMAND' and 'wavetank COMMAND --help' say all of a command.
      Exit codes: 0 done, 1 expectations failed, 2 usage, 3 environment.
      """
  }

  /// What README says of the commands.
  var markdown: String {
    let rows = commands.map { command in
      let options = command.options.map { "`\($0.form.filter { !"[]".contains($0) })`" }.joined(separator: " ")
      return "| `\(command.synopsis)` | \(command.summary.replacing("|", with: "\\|")) | \(options) |"
    }
    return (["| Command | What it does | Options |", "|---|---|---|"] + rows).joined(separator: "\n")
  }
}

extension Command {
  /// What `wavetank COMMAND --help` prints.
  var help: String {
    var parts = ["wavetank \(name): \(summary)", "Usage:\n" + usage.joined(separator: "\n")]
    parts += details.map { $0.wrapped(80).joined(separator: "\n") }
    if !arguments.isEmpty { parts.append(Command.rows("Arguments", arguments.map { ($0.name, $0.description) })) }
    parts.append(
      Command.rows("Options", options.map { ($0.title, $0.description) } + [("-h, --help", "prints this and does nothing")]))
    if !examples.isEmpty {
      parts.append("Examples:\n" + examples.map { "  \($0.line)\n      \($0.effect)" }.joined(separator: "\n"))
    }
    parts.append(Command.rows("Exit codes", (exitCodes + ExitCode.failures).map { ("\($0.code)", $0.meaning) }))
    return parts.joined(separator: "\n\n")
  }

  /// The whole command line, on as many lines as it takes.
  private var usage: [String] {
    var lines = ["  wavetank \(synopsis)"]
    for form in options.map(\.form) {
      if lines[lines.count - 1].count + 1 + form.count > 80 { lines.append("     ") }
      lines[lines.count - 1] += " " + form
    }
    return lines
  }

  private static func rows(_ title: String, _ rows: [(name: String, text: String)]) -> String {
    let width = rows.map { $0.name.count }.max() ?? 0
    let lines = rows.flatMap { row in
      row.text.wrapped(80 - width - 4).enumerated().map { index, line in
        "  " + (index == 0 ? row.name : "").padded(width) + "  " + line
      }
    }
    return ([title + ":"] + lines).joined(separator: "\n")
  }
}

extension Parameter {
  /// How the help names it: "-n, --namespace NAMESPACE".
  var title: String { (short.map { "-\($0), " } ?? "") + name + (valueName.isEmpty ? "" : " \(valueName)") }

  /// Its summary, its limits and what holds without it.
  var description: String {
    let facts = [
      rangeText, defaultText.isEmpty ? "" : "default \(defaultText)", isRepeated && !isArgument ? "may be repeated" : "",
      companions.isEmpty ? "" : "only with \(CommandTable.list(companions))",
    ].filter { !$0.isEmpty }
    return summary + (facts.isEmpty ? "" : " (\(facts.joined(separator: "; ")))")
  }
}

extension String {
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// Its words in lines of `width` characters, or of one word that is longer.
  func wrapped(_ width: Int) -> [String] {
    var lines: [String] = []
    for word in split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
