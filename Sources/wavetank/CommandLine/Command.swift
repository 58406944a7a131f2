/// What the options of a command are: a struct whose stored properties are `Option`s.
protocol CommandOptions: Sendable {
  init()
  /// All of them, in the order of the help. Written out, since reflection costs each start half a millisecond; a test compares.
  var all: [any OptionDescription] { get }
}

/// Of a command that has no options.
struct NoOptions: CommandOptions {
  let all: [any OptionDescription] = []
}

/// A command of the program: everything that parsing, help, completions and the manual say of it, and what it does.
struct Command: Sendable {
  struct Example: Sendable {
    let line: String
    let effect: String
  }

  struct ExitCode: Sendable {
    let code: Int
    let meaning: String

    /// What the codes 2 and 3 mean, of any command.
    static let failures = [
      ExitCode(code: 2, meaning: "the command line was not understood"),
      ExitCode(code: 3, meaning: "the machine or the cluster does not let it be done"),
    ]
  }

  /// "load", "docker-image".
  let words: [String]
  /// Half a sentence: "runs a cluster until …".
  let summary: String
  /// Paragraphs, without line breaks in them.
  let details: [String]
  let examples: [Example]
  let exitCodes: [ExitCode]
  let optionsType: any CommandOptions.Type
  private let body: @MainActor @Sendable ([String: [String]]) async throws(UsageError) -> Void

  /// - Parameters:
  ///   - examples: what is typed after the program's name, and what it does.
  ///   - exitCodes: what the codes 0 and 1 mean, where that is not "done" and nothing.
  init<Options: CommandOptions>(
    _ words: String, _ summary: String, details: [String] = [], examples: KeyValuePairs<String, String> = [:],
    exitCodes: KeyValuePairs<Int, String> = [0: "done"], options: Options.Type,
    run: @escaping @MainActor @Sendable (Invocation<Options>) async throws(UsageError) -> Void
  ) {
    self.words = words.split(separator: " ").map(String.init)
    self.summary = summary
    self.details = details
    self.examples = examples.map { Example(line: "wavetank " + $0.key, effect: $0.value) }
    self.exitCodes = exitCodes.map { ExitCode(code: $0.key, meaning: $0.value) }
    optionsType = options
    body = { values throws(UsageError) in try await run(Invocation(options: Options(), values: values)) }
  }

  var name: String { words.joined(separator: " ") }
  /// Made when they are needed: a start must not wait for those of other commands.
  var parameters: [Parameter] { optionsType.init().all.map(\.parameter) }
  var arguments: [Parameter] { parameters.filter(\.isArgument) }
  var options: [Parameter] { parameters.filter { !$0.isArgument } }

  /// - Parameter values: the words of each parameter that was given, as `ArgumentParser` has accepted them.
  @MainActor func run(_ values: [String: [String]]) async throws(UsageError) { try await body(values) }
}

/// A command line as its command reads it: `invocation.nodes` is the number.
@dynamicMemberLookup
struct Invocation<Options: CommandOptions>: Sendable {
  let options: Options
  let values: [String: [String]]

  subscript<Value>(dynamicMember option: KeyPath<Options, Option<Value>>) -> Value {
    let option = options[keyPath: option]
    return option.read(values[option.parameter.name] ?? [])
  }

  /// The options that were given, without this one, as they are typed.
  func words<Value>(without option: KeyPath<Options, Option<Value>>) -> [String] {
    let left = options[keyPath: option].parameter.name
    return values.sorted { $0.key < $1.key }.filter { $0.key != left }.flatMap { name, words in
      words.map { $0.isEmpty ? name : "\(name)=\($0)" }
    }
  }
}
