import Testing

@testable import wavetank

/// Commands with every kind of parameter.
enum TestTable {
  enum Format: String, CaseIterable { case text, html }

  struct PlayOptions: CommandOptions {
    let files = Option<[String]>("--filename", short: "f", value: "FILE", .file, "what is played", isRepeated: true) { $0 }
    let output = Option.value("--output", short: "o", "FILE", .file, "where the report goes")
    let count = Option.wholeNumber("--count", "N", 1...50, default: 3, "how often")
    let factor = Option.number("--factor", "N", 0.5...10, default: 1, "how fast")
    let isQuiet = Option.flag("--quiet", short: "q", "says nothing")
    let seed = Option.wholeNumber("--seed", "N", 0...9, default: 1, "chance").only(with: "--quiet")
    let context = Option.value("--context", "NAME", .text, "elsewhere").never(with: "--quiet", "--seed")
    let scenario = Option.argument("SCENARIO", .text, "the name")
    let rest = Option.arguments("WORD", .text, "what the program is told")

    var all: [any OptionDescription] { [files, output, count, factor, isQuiet, seed, context, scenario, rest] }
  }

  struct ReportOptions: CommandOptions {
    let format = Option<Format>.choice("FORMAT", "text or html")
    let run = Option.required("--run", "FILE", .file, "the run")
    let title = Option.value("--title", "TEXT", .text, default: "a run", "the title")

    var all: [any OptionDescription] { [format, run, title] }
  }

  struct NodeOptions: CommandOptions {
    let folder = Option.value("--data-dir", "D", .folder, "where the data is")
    let name = Option.argument("NAME", .text, "the node's name")

    var all: [any OptionDescription] { [folder, name] }
  }

  static let table = CommandTable(commands: [
    Command("play", "plays a scenario", options: PlayOptions.self) { _ in },
    Command("report", "shows a run", options: ReportOptions.self) { _ in },
    Command("node add", "adds a node", options: NodeOptions.self) { _ in },
    Command("node remove", "removes a node", options: NodeOptions.self) { _ in },
  ])

  /// What a line of words is read as.
  static func read<Options: CommandOptions>(_ line: String, _ options: Options.Type) throws -> Invocation<Options> {
    guard case .run(_, let values) = try table.parse(words(line)) else { throw UsageError("'\(line)' asks for help") }
    return Invocation(options: Options(), values: values)
  }

  static func refusal(_ line: String) -> String? {
    do throws(UsageError) { _ = try table.parse(words(line)) } catch { return error.description }
    return nil
  }

  /// Split at spaces; '' is an empty word.
  static func words(_ line: String) -> [String] { line.split(separator: " ").map { $0 == "''" ? "" : String($0) } }
}
