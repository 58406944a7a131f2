extension CommandTable {
  /// A completion for zsh: a file `_wavetank` in a folder of `fpath`, or sourced after compinit.
  var zshCompletion: String {
    """
    #compdef wavetank
    # Completion of wavetank for zsh: source <(wavetank completion zsh), after compinit
    _wavetank() {
      local -a commands
      if (( CURRENT == 2 )); then
        commands=(\(zshWords(firstWords.map { ($0, summary($0)) })))
        _describe command commands
        return
      fi
      case $words[2] in
    \(firstWords.map(zshCase).joined(separator: "\n"))
      esac
    }
    if [[ $funcstack[1] == _wavetank ]]; then _wavetank "$@"; else compdef _wavetank wavetank; fi
    """
  }

  private func zshWords(_ words: [(name: String, summary: String)]) -> String {
    words.map { "\($0.name):\($0.summary)".quoted }.joined(separator: " ")
  }

  private func zshCase(_ word: String) -> String {
    let group = commands.filter { $0.words[0] == word }
    if group[0].words.count == 1 { return "    \(word)) shift words; (( CURRENT-- )); \(zshArguments(group[0])) ;;" }
    let cases = group.map { "        \($0.words[1])) shift 2 words; (( CURRENT -= 2 )); \(zshArguments($0)) ;;" }
    return """
          \(word))
            if (( CURRENT == 3 )); then
              commands=(\(zshWords(group.map { ($0.words[1], $0.summary) })))
              _describe command commands
              return
            fi
            case $words[3] in
      \(cases.joined(separator: "\n"))
            esac ;;
      """
  }

  private func zshArguments(_ command: Command) -> String {
    let options = command.options.flatMap { option in
      option.spellings.map { spelling in
        let equals = option.isFlag ? "" : spelling.hasPrefix("--") ? "=" : "+"
        return "\(option.isRepeated ? "*" : "")\(spelling)\(equals)[\(zshText(option.summary))]\(zshValue(option))"
      }
    }
    let arguments = command.arguments.map { ($0.isRepeated ? "*" : "") + zshValue($0) }
    return "_arguments " + (options + ["(- *)--help[prints the help]"] + arguments).map(\.quoted).joined(separator: " ")
  }

  private func zshValue(_ parameter: Parameter) -> String {
    let message = ":" + zshText(parameter.isArgument ? parameter.name : parameter.valueName) + ":"
    return switch parameter.kind {
    case .flag: ""
    case .file: message + "_files"
    case .folder: message + "_files -/"
    case .choice(let words): message + "(\(words.joined(separator: " ")))"
    case .command: message + "(\(firstWords.joined(separator: " ")))"
    case .object(_, let words): message + "(\(words.joined(separator: " ")))"
    case .text, .number, .wholeNumber: message
    }
  }

  /// Without the letters that end a part of a specification.
  private func zshText(_ text: String) -> String { text.filter { !"[]:\\".contains($0) } }
}
