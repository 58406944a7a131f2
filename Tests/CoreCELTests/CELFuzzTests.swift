import CoreCEL
import CoreObjects
import Testing

@Suite("No expression or pattern traps, runs away or hangs")
struct CELFuzzTests {
  /// A row of numbers by a seed, the same in every run.
  private struct Chance {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    mutating func one<T>(of choices: [T]) -> T { choices[below(choices.count)] }
  }

  private static let seeds = [
    "self.replicas <= self.max && self.items.all(i, i.name.matches('^[a-z]+$'))",
    "x.map(a, x.filter(b, b == a)).flatten().distinct().size() < 10",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') || quantity('1Gi').isGreaterThan(quantity('5Mi'))",
    "optional.of(x).optMap(v, v.size()).orValue(0) + x[?0].orValue(2)",
    "'%s %d %.3f %x'.format([x, 1, 2.5, 'a'])",
    "timestamp('2023-01-01T00:00:00Z').getHours('+01:00') + duration('1h').getMinutes()",
    "{'a': [1, 2u, 3.0], 'b': b'\\x00'}.transformMap(k, v, v)",
    "semver('1.2.3-a').compareTo(semver('v1', true))", "url('https://a:1/b?c=d#e').getQuery()",
    "[3, 1, 2].sortBy(e, -e).slice(0, 2)", "format.named('uuid').value().validate('x')", "'abc'.replace('', 'x').split('', 2)",
    "authorizer.group('').resource('pods').check('get').allowed()", "Object{spec: Object.spec{a: 1}}",
    "sets.intersects(x, [1]) ? lists.range(9) : [].first()", "r'\\d' + \"\\u00e9\" + '''x'''",
    "type(dyn(1)) == int && -9223372036854775808 < 0xFFu", "cel.bind(a, 1, a)", "'a'.charAt(0) in ['a'] && !has(self.a.b)",
  ]
  private static let pieces = [
    "(", ")", "[", "]", "{", "}", ".", "?", ":", ",", "'", "\"", "\\", "!", "-", "+", "*", "/", "%", "==", "<=", "&&", "||",
    " in ", "[?", ".?", "1", "9223372036854775807", "0u", "1e308", "null", "true",
    "self", "x", ".all(a, ", ".map(a, ", ".size()", "optional.none()", "dyn(", "has(", "b'", "r'", "'''", "//", "\n", "é",
    "\u{0}", "😀", "Object{", "duration('", "matches('(",
  ]

  private static func mutated(_ chance: inout Chance) -> String {
    var text = Array(chance.one(of: seeds).unicodeScalars)
    for _ in 0...chance.below(4) {
      let place = chance.below(text.count + 1)
      switch chance.below(4) {
      case 0: if place < text.count { text.remove(at: place) }
      case 1: text.insert(contentsOf: Array(chance.one(of: pieces).unicodeScalars), at: place)
      case 2:
        let other = Array(chance.one(of: seeds).unicodeScalars)
        text.replaceSubrange(place..., with: other[chance.below(other.count)...])
      default: for _ in 0..<chance.below(40) { text.insert(contentsOf: Array(chance.one(of: pieces).unicodeScalars), at: place) }
      }
      if text.isEmpty { text = [" "] }
    }
    return text.reduce(into: "") { $0.unicodeScalars.append($1) }
  }

  @Test("mutated expressions are refused, fail or have a value within their limits", arguments: 1...8)
  func expressions(seed: UInt64) {
    var chance = Chance(state: seed &* 0x9E37_79B9_7F4A_7C15)
    var environment = CELEnvironment()
    environment.allowsMessages = true
    environment.hasBindings = seed % 2 == 0
    environment.allowsMixedLiterals = seed % 3 == 0
    environment.declareAuthorizer()
    let places = (environment.declare("self", nil), environment.declare("x", nil))
    var evaluation = CELEvaluation(count: environment.count)
    evaluation[places.0] = CELValue(["replicas": 1, "max": 2, "items": [["name": "a"]], "a": ["b": nil]])
    evaluation[places.1] = CELValue([1, 2, "three", [4.5], ["five": true]])
    evaluation.perExpression = 20_000
    var (compiled, evaluated) = (0, 0)
    for _ in 0..<600 {
      guard let program = try? environment.compile(Self.mutated(&chance)) else { continue }
      compiled += 1
      evaluation.budget = 20_000
      if let value = try? program.evaluate(&evaluation) {
        evaluated += 1
        _ = (value.json, value == value, value.typeName)
      }
      #expect(evaluation.budget <= 20_000)
      if program.estimatedCost.min > program.estimatedCost.max { Issue.record("an estimate that ends before it begins") }
    }
    #expect(compiled > 10 && evaluated > 5)
  }

  @Test("random patterns are refused or match in bounded time", arguments: 1...4)
  func patterns(seed: UInt64) {
    var chance = Chance(state: seed &* 0xD134_2543_DE82_EF95)
    let pieces = [
      "a", "b", "é", ".", "^", "$", "(", ")", "(?:", "(?i)", "(?P<n>", "[", "]", "[^", "-", "a-z", "[:alpha:]", "\\d", "\\pL",
      "\\p{Greek}", "\\Q", "\\E", "\\b", "\\x41", "\\", "*", "+", "?", "{2}", "{1,3}", "{,", "|", "{1000}",
    ]
    let text = String(repeating: "abé B1\n", count: 20)
    for _ in 0..<700 {
      var pattern = ""
      for _ in 0...chance.below(14) { pattern += chance.one(of: pieces) }
      guard let expression = try? RegularExpression(pattern) else { continue }
      let found = expression.findAll(text, limit: 50)
      #expect(expression.matches(text) == !found.isEmpty, "\(pattern)")
    }
  }

  @Test("random bytes make no text that breaks the reader", arguments: 1...4)
  func bytes(seed: UInt64) {
    var chance = Chance(state: seed &* 0x2545_F491_4F6C_DD1D)
    for _ in 0..<2000 {
      let bytes = (0..<chance.below(40)).map { _ in UInt8(chance.below(chance.below(2) == 0 ? 128 : 256)) }
      _ = try? CELEnvironment().compile(String(decoding: bytes, as: UTF8.self))
    }
  }
}
