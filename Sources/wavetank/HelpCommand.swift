import EdgeLinux

/// wavetank help: what the program can do.
enum HelpCommand {
  struct Options: CommandOptions {
    let subject = Option.arguments("COMMAND", .command, "the command that is explained; without one, all are named")
    let markdown = Option.flag("--markdown", "prints the table of commands that stands in README.md")

    var all: [any OptionDescription] { [subject, markdown] }
  }

  static let command = Command(
    "help", "says what a command does and what its options are", examples: ["help load docker-image": "all of one command"],
    options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) throws(UsageError) {
    if invocation.markdown { return Standard.output(CommandTable.wavetank.markdown) }
    if invocation.subject.isEmpty { return Standard.output(CommandTable.wavetank.overview) }
    show(try CommandTable.wavetank.named(invocation.subject))
  }

  static func show(_ commands: [Command]) { Standard.output(commands.map(\.help).joined(separator: "\n\n")) }
}

/// wavetank man: the manual page.
enum ManualCommand {
  static let command = Command(
    "man", "prints the manual page",
    examples: ["man > ~/.local/share/man/man1/wavetank.1": "puts it where 'man wavetank' finds it"], options: NoOptions.self
  ) { _ in Standard.output(CommandTable.wavetank.manual) }
}

/// wavetank version: which one it is, and which Kubernetes it speaks.
enum VersionCommand {
  static let command = Command("version", "prints the version, as --version does", options: NoOptions.self) { _ in
    Standard.output("wavetank \(Product.version) (Kubernetes API \(Product.kubernetes))")
  }
}

/// wavetank completion: what a shell needs to complete command lines.
enum CompletionCommand {
  enum Shell: String, CaseIterable { case bash, zsh, fish }

  struct Options: CommandOptions {
    let shell = Option<Shell>.choice("SHELL", "bash, zsh or fish")

    var all: [any OptionDescription] { [shell] }
  }

  static let command = Command(
    "completion", "prints a shell's script for completing lines",
    examples: ["completion bash > ~/.local/share/bash-completion/completions/wavetank": "bash reads it when it is needed"],
    options: Options.self
  ) { invocation in
    let table = CommandTable.wavetank
    switch invocation.shell {
    case .bash: Standard.output(table.bashCompletion)
    case .zsh: Standard.output(table.zshCompletion)
    case .fish: Standard.output(table.fishCompletion)
    }
  }
}
