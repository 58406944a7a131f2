import CoreCEL
import CoreObjects
import Testing

@Suite("Expressions are read as CEL's grammar says")
struct CELParsingTests {
  @Test(
    "literals are what they say",
    arguments: [
      "0x1F == 31 && 0xFFu == 255u && -0x10 == -16", "1e3 == 1000.0 && .5 == 0.5 && 2.5E-1 == 0.25", "-9223372036854775808 < 0",
      "18446744073709551615u > 0u", "'it' == \"it\" && 'a\"b' == \"a\\\"b\"", "r'\\d' == '\\\\d' && R\"\\n\".size() == 2",
      "'''a\nb''' == 'a\\nb' && \"\"\"'x' \"y\\\" z\"\"\" == '\\'x\\' \"y\" z'",
      "'\\u00e9' == 'é' && '\\U0001F600' == '😀' && '\\x41\\101' == 'AA'",
      "b'\\xff\\377'.size() == 2 && b'é' == b'\\xc3\\xa9' && br'\\x' == b'\\\\x'", "'\\a\\b\\f\\n\\r\\t\\v\\?\\`'.size() == 9",
      "[1, 2, 3,].size() == 3 && {'a': 1,}.size() == 1 && [] == [] && {} == {}", "1 == 1 // all that follows is a comment",
    ])
  func literals(text: String) { #expect(holds(text)) }

  @Test(
    "operators bind in their ranks, from left to right",
    arguments: [
      "1 + 2 * 3 == 7 && 10 - 2 - 3 == 5 && 100 / 10 / 5 == 2 && 7 % 4 * 2 == 6", "true || false && false",
      "!(true && false) || false",
      "1 < 2 == true", "-2 * 3 == -6 && - -2 == 2 && !!true", "false ? 1 == 2 : true ? true : false",
      "2 in [1, 2] && !(3 in [1, 2])",
      "{'a': [1, {'b': 2}]}.a[1].b == 2", "'a' + 'b' == 'ab' ? true : false", "[1, 2] + [3] == [1, 2, 3]",
    ])
  func ranks(text: String) { #expect(holds(text, mixed: true)) }

  @Test(
    "what is wrong is told with its line and column",
    arguments: [
      ("1 +", ["1:3: the end is not expected here"]), ("1 +\n  )", ["2:2: ')' is not expected here"]),
      ("'abc", ["1:0: the string has no end"]), ("\"a\nb\"", ["1:0: a string ends on its line, or has three quotes"]),
      ("'\\q'", ["1:1: no such escape in a string"]), ("a.b.", ["1:4: a name is expected here, not the end"]),
      ("é", ["1:0: unexpected character 'é'"]), ("f(1,)", ["1:4: ')' is not expected here"]),
      ("for", ["1:0: 'for' is a reserved word"]),
      ("99999999999999999999", ["1:0: the number is too large for an int"]), ("'\\ud800'", ["1:1: the escape is no code point"]),
      ("9223372036854775808", ["1:0: the number is too large for an int"]), ("has(1)", ["1:4: has() asks for a field: has(a.b)"]),
      ("[1].all(1, true)", ["1:8: the variable of a macro is a plain name"]), ("(1", ["1:2: ')' is expected here, not the end"]),
      ("1 2", ["1:2: 2 is not expected here"]), ("'ä' +\n'ö' é", ["2:4: unexpected character 'é'"]),
    ])
  func wrong(text: String, expected: [String]) { #expect(issues(text) == expected) }

  @Test("words that are reserved can be fields, and only those of the grammar cannot")
  func reserved() {
    #expect(holds("x.namespace == 'n' && x.for == 1", [("x", ["namespace": "n", "for": 1])]))
    #expect(outcome("x.in", [("x", ["in": 1])]) == .refused)
  }

  @Test("expressions nest up to a limit, in brackets, operators and chains")
  func depth() {
    let deep = CELLimits.depth
    #expect(holds(String(repeating: "(", count: deep - 1) + "true" + String(repeating: ")", count: deep - 1)))
    for text in [
      String(repeating: "(", count: 100_0) + "1", String(repeating: "[", count: 50_000),
      String(repeating: "1+", count: 5000) + "1",
      String(repeating: "-(!", count: 9000) + "true", "x" + String(repeating: ".a", count: 300),
      "x" + String(repeating: "[0]", count: 300),
      String(repeating: "true?1:", count: 300) + "1", String(repeating: "-(", count: 2000),
      "{" + String(repeating: "{1:", count: 999),
    ] {
      #expect(outcome(text, [("x", 1)]) == .refused)
    }
    #expect(holds(Array(repeating: "true", count: 5000).joined(separator: " && ")))
    #expect(issues(String(repeating: " ", count: 100_001)) == ["1:0: the expression is longer than 100000 bytes"])
  }

  @Test("macros that iterate lie in one another up to a limit")
  func macros() {
    func nested(_ count: Int) -> String {
      String(repeating: "[1].all(x, ", count: count) + "true" + String(repeating: ")", count: count)
    }
    #expect(holds(nested(CELLimits.macros)))
    #expect(outcome(nested(CELLimits.macros + 1)) == .refused)
  }
}
