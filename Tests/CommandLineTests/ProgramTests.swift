import Foundation
import TestMachine
import Testing

@testable import wavetank

/// What other programs make of what this one prints, and how it ends.
@Suite("The program's command line", .timeLimit(.minutes(1)))
struct ProgramTests {
  private static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"

  private static func run(_ line: String) async throws -> Program.Outcome {
    try await Program.run(wavetank, line.split(separator: " ").map { $0 == "''" ? "" : String($0) })
  }

  @Test("without a command, with help and with --help it names the commands", arguments: ["", "help", "--help", "-h"])
  func overview(line: String) async throws {
    let outcome = try await Self.run(line)
    #expect(outcome.status == 0 && outcome.output == CommandTable.wavetank.overview + "\n" && outcome.errors.isEmpty)
  }

  @Test("its version is told by a command and by an option", arguments: ["version", "--version"])
  func version(line: String) async throws {
    #expect(try await Self.run(line).output == "wavetank \(Product.version) (Kubernetes API v1.36)\n")
  }

  @Test("help for a command is the same before and after it", arguments: ["help load docker-image", "load docker-image -h"])
  func help(line: String) async throws {
    let outcome = try await Self.run(line)
    #expect(outcome.status == 0 && outcome.output.hasPrefix("wavetank load docker-image: ") && outcome.errors.isEmpty)
  }

  @Test(
    "what it does not understand it says in one line, and ends with 2",
    arguments: [
      "upp", "up --nodse 3", "down --nodes 3", "simulate", "image pul x", "help upp", "completion tcsh", "image pull ''",
      "image pull a::b", "image rm ''", "load docker-image ''", "load image-archive /tmp", "image save app:1 -",
      "image save app:1 /tmp", "image pack A /bin/true", "image pack app:1 /bin",
    ])
  func refused(line: String) async throws {
    let outcome = try await Self.run(line)
    #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
    #expect(outcome.errors.hasPrefix("wavetank: ") && outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
  }

  @Test("mandoc finds nothing wrong with the manual page", .enabled(if: Requirement.met(.mandoc), "needs mandoc"))
  func manual() async throws {
    let path = try file("wavetank.1", CommandTable.wavetank.manual + "\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lint = try await Program.run("/usr/bin/mandoc", ["-T", "lint", "-W", "warning", path])
    #expect(lint.status == 0 && lint.output.isEmpty && lint.errors.isEmpty, "\(lint)")
  }

  /// What bash offers for the last word of a line.
  private func completed(_ line: String) async throws -> [String] {
    let path = try file("completion.bash", CommandTable.wavetank.bashCompletion + "\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Bash calls the function with these variables; compopt works only in a line that is being edited.
    let script = """
      source \(path); complete -p wavetank; compopt() { echo "compopt $*"; }
      COMP_WORDS=(\(line)) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _wavetank; printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try await Program.run("/bin/bash", ["--norc", "-u", "-c", script], in: root)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "complete -F _wavetank wavetank")
    return Array(lines.dropFirst())
  }

  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private func file(_ name: String, _ text: String) throws -> String {
    let path = NSTemporaryDirectory() + UUID().uuidString + "-" + name
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test(
    "bash completes commands, options, choices and files",
    arguments: [
      ("wavetank dow", ["down"]), ("wavetank load ''", ["docker-image", "image-archive", "--help"]),
      ("wavetank up --node", ["--nodes", "--node-cpu", "--node-memory"]),
      ("wavetank up --detach --without", ["--without-containers"]),
      ("wavetank up --nodes ''", []), ("wavetank completion ''", ["bash", "zsh", "fish"]), ("wavetank completion z", ["zsh"]),
      ("wavetank help expl", ["explain"]), ("wavetank help help m", ["man"]),
      ("wavetank load image-archive READ", ["compopt -o filenames", "README.md"]),
      ("wavetank load image-archive --data-dir Sources image-archive --d", ["--data-dir"]),
      ("wavetank practice --manifests Practice/man", ["compopt -o filenames", "Practice/manifests"]),
      ("wavetank practice --manifests = Practice/man", ["compopt -o filenames", "Practice/manifests"]),
      ("wavetank practice --csv READ", ["compopt -o filenames", "README.md"]), ("wavetank explain hpa/app --js", ["--json"]),
      ("wavetank explain hpa/app -n ''", []), ("wavetank down up --", ["--data-dir", "--help"]),
    ])
  func bash(line: String, offered: [String]) async throws {
    #expect(try await completed(line) == offered)
  }

  @Test("the completions for zsh and fish have every command and option")
  func shells() {
    let (zsh, fish) = (CommandTable.wavetank.zshCompletion, CommandTable.wavetank.fishCompletion)
    for command in CommandTable.wavetank.commands {
      #expect(zsh.contains("\(command.words.last!):\(command.summary)".quoted))
      #expect(fish.contains("-a \(command.words.last!) -d "))
      for option in command.options {
        #expect(zsh.contains("'\(option.isRepeated ? "*" : "")\(option.name)\(option.isFlag ? "" : "=")["))
        #expect(fish.contains("-l \(option.name.dropFirst(2)) -d "))
      }
    }
  }
}
