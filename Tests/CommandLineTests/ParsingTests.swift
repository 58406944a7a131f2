import Testing

@testable import wavetank

@Suite("Command lines")
struct ParsingTests {
  @Test("an option's value follows it, after a space or an equals sign, and in a short option at once as well")
  func values() throws {
    for line in [
      "play --count 5 --output a calm", "play calm --output=a --count=5", "play -o a --count 5 calm", "play -oa calm --count=5",
      "play -o=a --count=5 calm",
    ] {
      let play = try TestTable.read(line, TestTable.PlayOptions.self)
      #expect(play.count == 5 && play.output == "a" && play.scenario == "calm" && !play.isQuiet, "\(line)")
    }
  }

  @Test("what is not given has its default, or is nothing")
  func defaults() throws {
    let play = try TestTable.read("play calm", TestTable.PlayOptions.self)
    #expect(play.count == 3 && play.factor == 1 && play.output == nil && play.files == [] && play.rest == [])
    #expect(try TestTable.read("report html --run r", TestTable.ReportOptions.self).title == "a run")
  }

  @Test("an option that may be repeated keeps every value in their order")
  func repeated() throws {
    let play = try TestTable.read("play -f a calm --filename b -fc --filename=d", TestTable.PlayOptions.self)
    #expect(play.files == ["a", "b", "c", "d"])
  }

  @Test("what follows the last argument belongs to it, after -- also what looks like an option")
  func trailing() throws {
    let play = try TestTable.read("play calm one two -q -- --count -h", TestTable.PlayOptions.self)
    #expect(play.rest == ["one", "two", "--count", "-h"] && play.isQuiet && play.count == 3)
  }

  @Test("a choice is read as its case")
  func choice() throws {
    #expect(try TestTable.read("report html --run r", TestTable.ReportOptions.self).format == .html)
    #expect(TestTable.refusal("report pdf --run r") == "report wants text or html, not 'pdf'")
  }

  @Test("a dash alone and a negative number are values")
  func dashes() throws {
    #expect(try TestTable.read("play - -f -", TestTable.PlayOptions.self).files == ["-"])
    #expect(TestTable.refusal("play calm --factor -5") == "--factor wants a number from 0.5 to 10, not '-5'")
  }

  @Test("options may stand before the second word of a command")
  func group() throws {
    for line in ["node add --data-dir D n", "node --data-dir D add n", "node --data-dir=D add n"] {
      let node = try TestTable.read(line, TestTable.NodeOptions.self)
      #expect(node.folder == "D" && node.name == "n", "\(line)")
    }
  }

  @Test("the options are typed again without one of them")
  func words() throws {
    let invocation = try TestTable.read("report --title=x --run a=b text", TestTable.ReportOptions.self)
    #expect(invocation.words(without: \.title) == ["--run=a=b", "FORMAT=text"])
  }

  @Test(
    "what is wrong is said in one line",
    arguments: [
      ("plai calm", "unknown command 'plai'; the nearest is play"),
      ("frobnicate", "unknown command 'frobnicate'; 'wavetank help' names all"),
      ("--count 3 play calm", "unknown command '--count'; options follow the command"),
      ("play calm --cuont 3", "unknown option '--cuont'; the nearest of play is --count"),
      ("play calm --frobnicate", "unknown option '--frobnicate'; see 'wavetank play --help'"),
      ("play calm -x", "unknown option '-x'; see 'wavetank play --help'"),
      ("play calm --title x", "--title is an option of report, not of play"),
      ("play calm --data-dir x", "--data-dir is an option of node add and node remove, not of play"),
      ("play calm --count", "--count wants a value"),
      ("play calm --count --quiet", "--count wants a value"),
      ("play calm --count -q", "--count wants a value"),
      ("play calm --output=", "--output wants a value"),
      ("play calm --output ''", "--output wants a value"),
      ("play calm --quiet=yes", "--quiet has no value"),
      ("play calm --count 51", "--count wants a number from 1 to 50, not '51'"),
      ("play calm --count many", "--count wants a number from 1 to 50, not 'many'"),
      ("play calm --count 2.5", "--count wants a whole number, not '2.5'"),
      ("play calm --factor nan", "--factor wants a number from 0.5 to 10, not 'nan'"),
      ("play calm -q --quiet", "--quiet is given twice"),
      ("play calm -o a --output=b", "--output is given twice"),
      ("play calm --seed 3", "--seed goes only with --quiet"),
      ("play calm --quiet --context c", "--context does not go with --quiet"),
      ("play", "play wants SCENARIO"),
      ("report text", "report wants --run FILE"),
      ("report text --run r more", "report wants FORMAT, not also 'more'"),
      ("node", "node wants add NAME or remove NAME"),
      ("node ad n", "node wants add NAME or remove NAME, not 'ad'; the nearest is add"),
    ])
  func refused(line: String, message: String) {
    #expect(TestTable.refusal(line) == message)
  }

  @Test("--help and -h anywhere are the help of what they follow, whatever else is wrong", arguments: ["--help", "-h"])
  func help(_ word: String) throws {
    func names(_ line: String) throws -> [String] {
      guard case .help(let commands) = try TestTable.table.parse(TestTable.words(line)) else { return [] }
      return commands.map(\.name)
    }
    #expect(try names("play --count many \(word)") == ["play"])
    #expect(try names("node \(word)") == ["node add", "node remove"])
    #expect(try names("node remove x \(word)") == ["node remove"])
    #expect(TestTable.refusal("plai \(word)") == "unknown command 'plai'; the nearest is play")
    for line in ["", word] {
      guard case .overview = try TestTable.table.parse(TestTable.words(line)) else { return #expect(Bool(false), "\(line)") }
    }
  }

  @Test("words are near by the letters that are wrong, missing, added or swapped")
  func distances() {
    #expect(EditDistance.between("", "abc") == 3 && EditDistance.between("abc", "") == 3)
    #expect(EditDistance.between("nodes", "nodse") == 1 && EditDistance.between("kitten", "sitting") == 3)
    #expect(EditDistance.nearest(to: "statsu", in: ["up", "status", "down"]) == "status")
    #expect(EditDistance.nearest(to: "x", in: ["status"]) == nil)
  }
}
