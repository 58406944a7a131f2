import EdgeRuntime
import Foundation
import Testing

@testable import wavetank

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

private func contents(_ name: String) throws -> String { try String(contentsOfFile: root + "/" + name, encoding: .utf8) }

@Suite("The table of commands")
struct TableTests {
  private static let commands = CommandTable.wavetank.commands

  @Test("a command has one or two words, which no other has, and stands beside those with its first word")
  func words() {
    let names = Self.commands.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Self.commands.allSatisfy { (1...2).contains($0.words.count) })
    let firsts = CommandTable.wavetank.firstWords
    #expect(Set(firsts).count == firsts.count)
    for first in firsts { #expect(Set(Self.commands.filter { $0.words[0] == first }.map(\.words.count)).count == 1) }
  }

  @Test("the parameters of a command have names of their own, and only the last argument may be repeated or left out")
  func parameters() {
    for command in Self.commands {
      let spellings = command.options.flatMap(\.spellings) + command.arguments.map(\.name) + ["-h", "--help"]
      #expect(Set(spellings).count == spellings.count, "\(command.name)")
      #expect(command.arguments.dropLast().allSatisfy { $0.isRequired && !$0.isRepeated }, "\(command.name)")
      for option in command.options {
        #expect(option.isFlag == option.valueName.isEmpty, "\(option.name)")
        for other in option.companions + option.opponents { #expect(spellings.contains(other), "\(option.name): \(other)") }
      }
    }
  }

  @Test("summaries are parts of a sentence, and what is shown in an example is understood")
  func texts() throws {
    for command in Self.commands {
      for summary in [command.summary] + command.parameters.map(\.summary) {
        #expect(!summary.isEmpty && summary.first?.isUppercase != true || summary.hasPrefix("Practice"), "\(summary)")
        #expect(!summary.hasSuffix(".") && !summary.contains("\n"), "\(summary)")
      }
      for example in command.examples { #expect(Self.refusal(example.line) == nil, "\(example.line)") }
    }
  }

  @Test("every option that code can read is in the table")
  func listed() {
    for command in Self.commands {
      let declared = Mirror(reflecting: command.optionsType.init()).children.compactMap { $0.value as? any OptionDescription }
      #expect(declared.map(\.parameter.name) == command.parameters.map(\.name), "\(command.name)")
    }
  }

  @Test("every option of the table is read by the code")
  func read() throws {
    let folder = root + "/Sources/wavetank/"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
    let sources = try files.map { try contents("Sources/wavetank/" + $0) }.joined()
    let declared = try Regex(#"let (\w+) = Option"#)
    let names = Set(sources.matches(of: declared).map { String($0.output[1].substring!) })
    #expect(names.count > 20)
    for name in names.sorted() {
      #expect(try sources.contains(Regex(#"(invocation|\$0)\.\#(name)(?!\w)"#)), "\(name) is declared and not read")
    }
  }

  @Test("what README and the pages beside it have their reader type is understood")
  func documents() throws {
    let folders = ["", "docs/"]
    let names = folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []).map { folder + $0 }
    }
    let text = try names.filter { $0.hasSuffix(".md") }.sorted().map { try contents($0) }.joined()
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("    $ wavetank ") }.map { String($0.dropFirst(6)) }
    let quoted = text.split(separator: "`").filter { $0.hasPrefix("wavetank ") && !$0.contains("\n") }.map(String.init)
    #expect(lines.count > 4 && quoted.count > 4)
    for line in lines { #expect(Self.refusal(line) == nil, "\(line)") }
    // A sentence may name a command without its arguments, or an option without its value.
    for line in quoted { #expect(Self.refusal(line)?.contains(" wants ") ?? true, "\(line)") }
  }

  @Test(
    "what people type is understood",
    arguments: [
      "wavetank up", "wavetank up --nodes 3 --speed 60 --data-dir D --detach", "wavetank down", "wavetank status",
      "wavetank up --publish 8080:30080 --publish 0.0.0.0:53:30053/udp", "wavetank publish", "wavetank publish 8080:svc/web",
      "wavetank publish --remove 8080 --remove 53/udp",
      "wavetank load docker-image app:test", "wavetank load image-archive FILE",
      "wavetank load --data-dir D docker-image app:test",
      "wavetank image pack app:test .build/practice/app", "wavetank image list", "wavetank image rm app:test",
      "wavetank practice", "wavetank practice --simulate", "wavetank practice --simulate --seed 7",
      "wavetank practice --speed 60",
      "wavetank practice --context CTX --csv f", "wavetank explain hpa/app", "wavetank explain HPA/app -n shop --json",
      "wavetank explain horizontalpodautoscalers/app", "wavetank simulate --hpa-cases FILE", "wavetank version",
      "wavetank --version", "wavetank help load docker-image", "wavetank completion bash", "wavetank man",
    ])
  func typed(line: String) {
    #expect(Self.refusal(line) == nil)
  }

  @Test(
    "what cannot be meant is refused",
    arguments: [
      ("wavetank load", "load wants docker-image NAME or image-archive FILE"),
      ("wavetank image", "image wants pack NAME PROGRAM, pack-tools NAME, list, pull NAME, save NAME FILE, rm NAME or prune"),
      ("wavetank image pack app:test", "image pack wants PROGRAM"),
      ("wavetank explain", "explain wants hpa/NAME, fields or scenario"),
      ("wavetank explain sts/app", "explain wants hpa/NAME, fields or scenario, not 'sts/app'"),
      ("wavetank explain hpa/", "explain wants hpa/NAME, fields or scenario, not 'hpa/'"),
      ("wavetank simulate", "simulate wants --hpa-cases FILE"),
      ("wavetank practice --seed 3", "--seed goes only with --simulate"),
      ("wavetank practice --context c --speed 9", "--speed does not go with --context"),
      ("wavetank down --nodes 3", "--nodes is an option of up, rehearse and tune, not of down"),
      ("wavetank up --publish 8080:30080 --without-containers", "--publish does not go with --without-containers"),
      ("wavetank status now", "status has no arguments, not also 'now'"),
    ])
  func refused(line: String, message: String) {
    #expect(Self.refusal(line) == message)
  }

  /// Why the line of a shell is not understood; what is of the shell begins with one of these words.
  private static func refusal(_ line: String) -> String? {
    let words = line.split(separator: " ").prefix { !["&&", "|", ">", "#"].contains($0) }.dropFirst().map(String.init)
    do throws(UsageError) { _ = try CommandTable.wavetank.parse(words) } catch { return error.description }
    return nil
  }
}

@Suite("What is made of the table of commands")
struct GeneratedTextTests {
  @Test("the overview names every command, within 80 columns")
  func overview() {
    let overview = CommandTable.wavetank.overview
    for command in CommandTable.wavetank.commands { #expect(overview.contains("\n  \(command.synopsis)  ")) }
    #expect(overview.hasPrefix("wavetank \(Product.version): "))
    for line in overview.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test("the help of a command tells its line, its options with limits and defaults, examples and exit codes, within 80 columns")
  func help() {
    #expect(
      TestTable.table.commands[0].help == """
        wavetank play: plays a scenario

        Usage:
          wavetank play SCENARIO [WORD]... [-f FILE]... [-o FILE] [--count N]
              [--factor N] [-q] [--seed N] [--context NAME]

        Arguments:
          SCENARIO  the name
          WORD      what the program is told

        Options:
          -f, --filename FILE  what is played (may be repeated)
          -o, --output FILE    where the report goes
          --count N            how often (1 to 50; default 3)
          --factor N           how fast (0.5 to 10; default 1)
          -q, --quiet          says nothing
          --seed N             chance (0 to 9; default 1; only with --quiet)
          --context NAME       elsewhere
          -h, --help           prints this and does nothing

        Exit codes:
          0  done
          2  the command line was not understood
          3  the machine or the cluster does not let it be done
        """)
    for command in CommandTable.wavetank.commands {
      for line in command.help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
      #expect(command.help.contains("wavetank \(command.synopsis)"))
    }
  }

  @Test("README's table is the one that the program prints")
  func markdown() throws {
    let readme = try contents("README.md")
    let parts = readme.split(separator: "<!-- commands -->\n").dropFirst().first?.split(separator: "<!-- end of commands -->")
    let table = try #require(parts?.first, "README.md has no table between <!-- commands --> and <!-- end of commands -->")
    #expect(String(table) == CommandTable.wavetank.markdown + "\n", "write it anew: make readme")
  }

  @Test("README says of everything whether it works without root, and the doctor what is missing for it")
  func abilities() throws {
    #expect(try contents("README.md").contains(Ability.table.joined(separator: "\n") + "\n"))
    let pods = try #require(Ability.all.first { $0.name.hasPrefix("`up`: pods,") })
    #expect(DoctorCommand.line(pods, []) == "works      up: pods, their images, volumes, probes, logs, exec; load, image")
    #expect(DoctorCommand.line(pods, [.crun, .nftables, .root]).hasSuffix("load, image: root, crun"))
    #expect(Ability.all.allSatisfy { Set($0.needs).count == $0.needs.count })
  }

  @Test("the manual page has every command and option")
  func manual() {
    let manual = CommandTable.wavetank.manual
    for command in CommandTable.wavetank.commands {
      #expect(manual.contains(".SS wavetank " + command.name.replacing("-", with: "\\-")))
      for option in command.options { #expect(manual.contains(option.name.replacing("-", with: "\\-"))) }
    }
  }

  @Test("a text of the manual that begins with a dot, or has backslashes, is text", arguments: [".sp 9", "'br", "a\\fB"])
  func protected(text: String) {
    let table = CommandTable(commands: [Command("x", "does", details: [text], options: NoOptions.self) { _ in }])
    #expect(table.manual.contains(text == "a\\fB" ? "\na\\efB\n" : "\n\\&\(text)\n"))
  }
}
