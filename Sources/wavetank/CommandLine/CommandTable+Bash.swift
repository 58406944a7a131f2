extension CommandTable {
  /// A completion for bash, which needs nothing beside it.
  var bashCompletion: String {
    """
    # Completion of wavetank for bash: source <(wavetank completion bash)
    _wavetank() {
      local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= kind= word
      # Bash takes the equals sign of --name=value for a word.
      if [[ $current == = ]]; then
        current=
      elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
      fi
      for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$command $word" in
          \(bashSteps)) command=${command:+$command }$word ;;
        esac
      done
      case "$command:$previous" in
    \(bashValues)
        *)
          case "$command" in
    \(bashWords)
          esac ;;
      esac
      case "$kind" in
        file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
      esac
    }
    complete -F _wavetank wavetank
    """
  }

  /// What is known of the command, and the word that makes it known better.
  private var bashSteps: String {
    let firsts = firstWords.map { "' \($0)'" }
    return (firsts + commands.filter { $0.words.count > 1 }.map { "'\($0.name)'" }).joined(separator: "|")
  }

  /// After an option: its values.
  private var bashValues: String {
    commands.flatMap { command in
      command.options.filter { !$0.isFlag }.map { option in
        let patterns = option.spellings.map { "'\(command.name):\($0)'" }.joined(separator: "|")
        return "    \(patterns)) \(bashEffect(option)) ;;"
      }
    }.joined(separator: "\n")
  }

  /// Elsewhere: the words, arguments and options of the command.
  private var bashWords: String {
    var lines = ["        '') words='\(firstWords.joined(separator: " ")) --version --help' ;;"]
    for word in firstWords where commands.contains(where: { $0.words[0] == word && $0.words.count > 1 }) {
      lines.append("        '\(word)') words='\(secondWords(word).joined(separator: " ")) --help' ;;")
    }
    for command in commands {
      let arguments = command.arguments.map { bashEffect($0) + "; " }.joined()
      let options = (command.options.flatMap(\.spellings) + ["--help"]).joined(separator: " ")
      lines.append(
        "        '\(command.name)') \(arguments)[[ $current != -* && $kind$words ]] || { kind=; words='\(options)'; } ;;")
    }
    return lines.joined(separator: "\n")
  }

  private func bashEffect(_ parameter: Parameter) -> String {
    switch parameter.kind {
    case .file: "kind=file"
    case .folder: "kind=folder"
    case .choice(let words): "words='\(words.joined(separator: " "))'"
    case .command: "words='\(firstWords.joined(separator: " "))'"
    case .object(_, let words): "words='\(words.joined(separator: " "))'"
    case .flag, .text, .number, .wholeNumber: "words="
    }
  }
}

extension Parameter {
  /// "-n" and "--namespace".
  var spellings: [String] { (short.map { ["-\($0)"] } ?? []) + [name] }
}

extension String {
  /// In single quotes, for a shell.
  var quoted: String { "'" + replacing("'", with: "'\\''") + "'" }
}
