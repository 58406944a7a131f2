import CoreObjects
import EdgeClient
import Testing

@Suite("YAML documents") struct YAMLReaderTests {
  private func read(_ text: String) throws -> JSON { try #require(try YAMLReader.documents(text).first) }

  @Test("what is written is read again as it was")
  func writes() throws {
    let trees: [String] = [
      #"{"a":[],"b":{},"c":[1,[2,[3]],{"d":null,"e":[{"f":true,"g":[{}]}]}],"on":"off","1":"1","~":"- x","":"a: b"}"#,
      #"[{"a":{"b":["c"]}},["d"]]"#, #""text with # and : and 'quotes' \\ \" é \n end""#, "12.5", "null", #"{"x":"2026-01-01"}"#,
      #"{"script":" #!/bin/sh\necho a: b\n\n","two":"a\n  b","tab":"\ta\nb","end":"a\n ","nul":"\u0000\u0007","face":"😀","<<":"="}"#,
      #"{"long key \#(String(repeating: "k", count: 200))":{"a\nb":"\#(String(repeating: "word ", count: 50))","t":["0x1","1_0","no","Null"]}}"#,
    ]
    for text in trees {
      let tree = try JSONParser.parse(Array(text.utf8))
      let written = YAMLWriter.document(tree)
      let again = try YAMLReader.documents(written).first ?? .null
      #expect(again.sortedText == tree.sortedText, "\(written)")
    }
    #expect(YAMLWriter.document(["b": [["c": 1, "a": "x"]], "a": [:]]) == "a: {}\nb:\n- a: x\n  c: 1\n")
    #expect(YAMLWriter.document(["t": "2026-01-01T00:00:00Z", "s": "a\nb\n"]) == "s: |\n  a\n  b\nt: \"2026-01-01T00:00:00Z\"\n")
    #expect(YAMLWriter.document(["f": .raw(Array(#"{"f:a":{}}"#.utf8))]) == "f:\n  f:a: {}\n")
  }

  @Test(
    "plain scalars mean what sigs.k8s.io/yaml makes of them",
    arguments: [
      ("y", "true"), ("Yes", "true"), ("on", "true"), ("NO", "false"), ("off", "false"), ("~", "null"), ("0644", "420"),
      ("0o644", "420"), ("0x1F", "31"), ("-0b11", "-3"), ("1_000", "1000"), ("1e3", "1000"), ("30.0", "30"), (".5", "0.5"),
      ("08", "8"), ("-1.5E+3", "-1500"), ("1.", "1"), ("2.5e-1", "0.25"), (".", "\".\""), ("1e", "\"1e\""),
      (".e1", "\".e1\""), ("+.5", "0.5"), ("--5", "\"--5\""), ("1.5x", "\"1.5x\""), ("-.", "\"-.\""),
      ("22:22", "\"22:22\""), ("2026-01-31", "\"2026-01-31\""), ("+5", "5"), ("1.2.3", "\"1.2.3\""),
      ("'y'", "\"y\""), ("!!str 5", "\"5\""), ("yEs", "\"yEs\""), ("0x", "\"0x\""),
    ])
  func readsScalars(_ text: String, _ value: String) throws {
    #expect(try read("a: \(text)").description == "{\"a\":\(value)}" || (value == "null" && read("a: \(text)") == ["a": .null]))
  }

  @Test("keys are resolved and spelled anew")
  func spellsKeys() throws {
    #expect(try read("{1.50: a, 0777: b, y: c, 'on': d}") == ["1.5": "a", "511": "b", "true": "c", "on": "d"])
  }

  @Test("of a merge and an explicit key the later one wins, and earlier mappings of a list come before later ones")
  func merges() throws {
    #expect(try read("b: &b {x: 1, y: 2}\na: {<<: *b, x: 3}\n")["a"]["x"] == 3)
    #expect(try read("b: &b {x: 1}\na: {x: 3, <<: *b}\n")["a"]["x"] == 1)
    #expect(try read("a: {<<: [{x: 1}, {x: 2, z: 3}]}\n")["a"]["x"] == 1)
  }

  @Test(
    "a key that stands twice in a mapping is refused with its line, in YAML and in JSON",
    arguments: [
      ("spec:\n  maxReplicas: 10\n  minReplicas: 1\n  maxReplicas: 3\n", 4, "maxReplicas"),
      ("{\"a\": {\"b\": 1,\n\"b\": 2}}", 2, "b"),
      ("a: 1\n---\n- c: 1\n  \"c\": 2\n", 4, "c"), ("1.5: a\n1.50: b\n", 2, "1.5"),
    ])
  func duplicates(text: String, line: Int, key: String) throws {
    let error = #expect(throws: YAMLError.self) { try YAMLReader.documents(text) }
    #expect(error?.line == line && error?.message == "the key \"\(key)\" is already in this mapping")
    #expect(try YAMLReader.documents(text, keepsDuplicates: true).isEmpty == false)
  }

  @Test("a template that nobody has rendered is told as such")
  func templates() {
    let error = #expect(throws: YAMLError.self) { try YAMLReader.documents("spec:\n  replicas: {{ .Values.replicas }}\n") }
    #expect(error?.line == 2 && error?.message.contains("rendered first, as by helm template") == true)
  }

  @Test("aliases that would make a document grow without bound are refused")
  func limitsAliases() {
    let bomb = (1...9).reduce("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n") { text, n in
      text + "a\(n): &a\(n) [" + Array(repeating: "*a\(n - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(throws: YAMLError.self) { try YAMLReader.documents(bomb) }
  }
}

extension JSON {
  /// With members in order of their names.
  fileprivate var sortedText: String {
    switch self {
    case .object(let members):
      "{" + members.sorted { $0.key.name < $1.key.name }.map { "\($0.key):\($0.value.sortedText)" }.joined(separator: ",") + "}"
    case .array(let elements): "[" + elements.map(\.sortedText).joined(separator: ",") + "]"
    default: description
    }
  }
}
