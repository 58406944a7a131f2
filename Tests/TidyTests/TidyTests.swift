import Foundation
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// The Swift files of Sources.
private let sources: [SourceText] = {
  let paths = (try? FileManager.default.subpathsOfDirectory(atPath: root + "/Sources")) ?? []
  return paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
    let bytes = FileManager.default.contents(atPath: root + "/Sources/" + path) ?? Data()
    return SourceText(path: "Sources/" + path, text: String(decoding: bytes, as: UTF8.self))
  }
}()

private func text(_ name: String) throws -> String { try String(contentsOfFile: root + "/" + name, encoding: .utf8) }

@Suite("The sources keep to the rules")
struct TidyTests {
  @Test("each file does", arguments: SourceRule.all)
  func kept(rule: SourceRule) {
    #expect(sources.count > 100)
    for file in sources { for problem in rule.violations(file) { Issue.record("\(file.path) \(problem)") } }
  }

  @Test("each rule finds the file that breaks it", arguments: SourceRule.all)
  func watched(rule: SourceRule) {
    #expect(rule.violations(rule.planted).count == 1)
  }

  @Test("comments and literals are not code, interpolations are")
  func code() {
    let text = """
      let a = "async \\(f("await \\(g(1))", 2)) actor" // print(1)
      /* Date() */ let b = #"try! \\(x) "x" "# + \"\"\"
        Mutex "quoted"
        \"\"\"
      let isAsync = asyncCount

      """
    let file = SourceText(path: "Sources/CoreAPI/A.swift", text: text)
    #expect(file.code == "let a = \" f(\" g(1)\", 2)\" \n let b = \"\" + \"\"\nlet isAsync = asyncCount\n")
    for rule in SourceRule.all { #expect(rule.violations(file) == []) }
  }

  /// What of a test compares how long something took. A deadline by which something has to come is not that: it ends a hang.
  private static func judgesTime(_ text: String) -> Bool {
    text.contains(#/[cC]lock(\(\))?\.measure|#expect\([^\n]*(ContinuousClock\.now|Date\(\)) - /#)
  }

  @Test("no test is decided by how long something took")
  func wallClock() throws {
    #expect(Self.judgesTime("let time = ContinuousClock().measure { f() }\n") && Self.judgesTime("clock.measure { f() }"))
    #expect(Self.judgesTime("#expect(ContinuousClock.now - start < .seconds(10))"))
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root + "/Tests").filter { $0.hasSuffix(".swift") }
    #expect(paths.count > 100)
    for path in paths where !path.hasPrefix("TidyTests/") { #expect(!Self.judgesTime(try text("Tests/" + path)), "\(path)") }
  }

  @Test("every path that ARCHITECTURE.md names exists")
  func paths() throws {
    let named = try text("ARCHITECTURE.md").split(separator: "`").filter { word in
      ["Sources/", "Schema/", "Plugins/", "Tests/"].contains { word.hasPrefix($0) } && !word.contains("*")
    }
    #expect(named.count > 15)
    for path in named { #expect(FileManager.default.fileExists(atPath: root + "/" + path), "\(path)") }
  }

  @Test("every target of Sources is in ARCHITECTURE.md")
  func targets() throws {
    let architecture = try text("ARCHITECTURE.md")
    let targets = try FileManager.default.contentsOfDirectory(atPath: root + "/Sources")
    #expect(targets.count > 20)
    for target in targets.sorted() { #expect(architecture.contains("`\(target)`"), "\(target)") }
  }
}
