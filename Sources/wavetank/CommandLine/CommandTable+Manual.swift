extension CommandTable {
  /// The manual page, in the macros of man(7).
  var manual: String {
    var lines = [
      ".TH WAVETANK 1 \"\(Product.date)\" \"wavetank \(Product.version)\" \"User Commands\"", ".SH NAME",
      "wavetank \\- \(Product.summary.roff)", ".SH SYNOPSIS", ".B wavetank", ".I COMMAND", "[options]", ".SH COMMANDS",
    ]
    for command in commands {
      lines += [".SS wavetank \(command.synopsis.roff)", "\(command.summary.capitalizedFirst.roff).".protected]
      for detail in command.details { lines += [".PP", detail.roff.protected] }
      for parameter in command.parameters {
        lines += [".TP", ".B \(parameter.title.roff)", "\(parameter.description.capitalizedFirst.roff).".protected]
      }
      for example in command.examples {
        lines += [".TP", ".I \(example.line.roff)", "\(example.effect.capitalizedFirst.roff).".protected]
      }
      if command.exitCodes.count > 1 { lines += [".PP", "Exit status \(text(command.exitCodes)).".roff] }
    }
    let codes = [Command.ExitCode(code: 0, meaning: "done")] + Command.ExitCode.failures
    lines += [".SH EXIT STATUS", "Where a command says nothing else \(text(codes)).".roff]
    return lines.joined(separator: "\n")
  }

  private func text(_ codes: [Command.ExitCode]) -> String { codes.map { "\($0.code): \($0.meaning)" }.joined(separator: "; ") }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

  /// With the letters that mean something to roff made plain.
  fileprivate var roff: String { replacing("\\", with: "\\e").replacing("-", with: "\\-") }

  /// As a line of text that is no request, whatever it begins with.
  fileprivate var protected: String { hasPrefix(".") || hasPrefix("'") ? "\\&" + self : self }
}
