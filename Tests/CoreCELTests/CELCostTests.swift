import CoreCEL
import CoreObjects
import Testing

@Suite("Expressions cost what Kubernetes counts")
struct CELCostTests {
  private func cost(_ text: String, _ variables: [(String, JSON)] = []) throws -> UInt64 {
    var environment = CELEnvironment()
    for (name, _) in variables { environment.declare(name, nil) }
    let program = try environment.compile(text)
    var evaluation = CELEvaluation(count: environment.count)
    for (place, variable) in variables.enumerated() { evaluation[place] = CELValue(variable.1) }
    _ = try program.evaluate(&evaluation)
    return evaluation.lastCost
  }

  /// With the bounds of a schema.
  private func estimate(_ text: String, _ schema: JSON) throws -> CELCostRange {
    var environment = CELEnvironment()
    let declared = try #require(CELSchema.make(openAPI: schema))
    environment.declare("self", declared)
    return try environment.compile(text).estimatedCost
  }

  @Test(
    "an evaluation is charged for what it does",
    arguments: [
      ("1", 0), ("x", 1), ("x.a.b", 3), ("x.a.b == x.a.b", 7), ("has(x.a.b)", 2), ("has(x.a)", 1), ("x.a.b + 1 > 2", 5),
      ("true || x.a.b == 1", 0), ("x.a.b == 1 ? 'y' : x.none", 4),
      ("[x, x]", 12), ("{'a': x}", 31), ("[1, 2, 3]", 0), ("x.l[0]", 3), ("3 in [1, 2, 3]", 0), ("3 in x.l", 5),
      ("x.l.all(e, e > 0)", 18), ("x.l.exists(e, e == 1)", 12), ("x.l.map(e, e)", 42),
      ("x.l.filter(e, e == 1)", 24), ("x.l.exists_one(e, e == 1)", 14), ("'0123456789a'.contains('b')", 2),
      ("'abc'.startsWith('a')", 1), ("x.s.matches('[a-z]+b')", 6), ("x.s == 'abc'", 3), ("x.s + x.s", 6), ("x.l.sum()", 5),
      ("'0123456789'.replace('0', '1')", 2), ("['a', 'b'].join('-')", 1), ("url('https:://kubernetes.io/').getHost()", 4),
      ("ip('192.168.0.1').family()", 3), ("ip('2001:db8:3333:4444:5555:6666:7777:8888') == ip('192.168.0.1')", 7),
      ("ip.isCanonical('2001:db8:3333:4444:5555:6666:7777:8888')", 8),
      ("cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))", 7),
      ("cidr('192.168.0.0/16').containsCIDR('192.0.0.0/30')", 7),
      ("cidr('192.168.0.0/16').containsIP(ip('192.0.0.1'))", 4), ("cidr('192.168.0.0/16').containsIP('192.169.0.1')", 5),
      ("[5, 4].sort()", 19), ("[1, 2].slice(0, 1)", 12),
    ])
  func actual(text: String, expected: UInt64) throws {
    #expect(try cost(text, [("x", ["a": ["b": 1], "l": [1, 2, 3], "s": "abcdefghij"])]) == expected)
  }

  @Test(
    "an estimate has the bounds that a schema gives",
    arguments: [
      ("self.n == 1", 2, 2), ("self.n > 1", 3, 3), ("self.s == 'abcdefghijk'", 3, 4), ("self.s.size() > 1", 4, 4),
      ("self.l.all(e, e > 0)", 3, 53), ("self.l.exists(e, e > 0)", 3, 63), ("self.l.map(e, e + 1).size() == 1", 15, 155),
      ("[1, 2, 3, 4, 5].sum() == 1", 16, 16), ("self.s.startsWith('abcdefghijk')", 4, 4),
      ("self.s.contains('abcdefghijk')", 2, 10), ("has(self.n)", 1, 1), ("true || self.n > 1", 0, 3),
      ("cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))", 7, 11), ("ip('192.168.0.1').family() == 4", 4, 4),
      ("self.m.all(k, k == '')", 3, 43), ("self.l[0] == 1", 3, 3),
    ])
  func estimated(text: String, least: UInt64, most: UInt64) throws {
    let schema: JSON = [
      "type": "object",
      "properties": [
        "n": ["type": "integer"], "s": ["type": "string", "maxLength": 10],
        "l": ["type": "array", "maxItems": 10, "items": ["type": "integer"]],
        "m": ["type": "object", "maxProperties": 10, "additionalProperties": ["type": "string"]],
      ],
    ]
    #expect(try estimate(text, schema) == CELCostRange(min: least, max: most))
  }

  @Test("what has no bound is as large as a request can be: such rules are too expensive, until they are bounded")
  func unbounded() throws {
    let item: JSON = ["type": "object", "properties": ["name": ["type": "string"]]]
    let open: JSON = ["type": "array", "items": item]
    let nested = "self.all(x, self.exists_one(y, x.name == y.name))"
    #expect(try estimate(nested, open).max > CELLimits.estimatePerRule)
    let bounded: JSON = [
      "type": "array", "maxItems": 100,
      "items": ["type": "object", "properties": ["name": ["type": "string", "maxLength": 20]]],
    ]
    #expect(try estimate(nested, bounded).max < CELLimits.estimatePerRule)
    #expect(CELSchema.make(openAPI: open)?.maxElements == (3 * 1024 * 1024 - 2) / 3)
    #expect(CELSchema.make(openAPI: ["type": "string"])?.maxElements == 3 * 1024 * 1024 - 2)
  }

  @Test("an evaluation ends at its limit, whatever absorbs failures, and all together at their budget")
  func limits() throws {
    var environment = CELEnvironment()
    let place = environment.declare("x", nil)
    let program = try environment.compile("x.all(a, x.all(b, x.all(c, a + b + c >= 0))) || true")
    var evaluation = CELEvaluation(count: 1)
    evaluation[place] = CELValue(JSON.array(Array(repeating: .int(1), count: 200)))
    #expect(throws: CELFailure.self) { try program.evaluate(&evaluation) }
    do throws(CELFailure) { _ = try program.evaluate(&evaluation) } catch { #expect(error.kind == .costExceeded) }
    #expect(evaluation.budget == CELLimits.perObject - 2 * evaluation.lastCost)
    evaluation.budget = 10
    do throws(CELFailure) { _ = try program.evaluate(&evaluation) } catch { #expect(error.kind == .budgetExceeded) }
    #expect(evaluation.budget == 0)
    #expect(throws: CELFailure.self) { try environment.compile("lists.range(999999).size() == 1").evaluate(&evaluation) }
  }

  @Test("values that are in one another again and again do not make an evaluation endless")
  func shared() {
    let doubled =
      "[1, 1]" + String(repeating: ".map(x, [1, 2]).map(x, [x, x])", count: 3) + String(repeating: ".map(x, [x, x])", count: 40)
    for text in [doubled, "\(doubled) == \(doubled)", "\(doubled).flatten(50)", "'%s'.format([\(doubled)])"] {
      #expect(
        outcome(text.replacing("\(doubled).flatten", with: "dyn(\(doubled)).flatten"), mixed: true) == .failure(.overflow),
        "\(text.prefix(20))")
    }
    let wide = JSON.array(Array(repeating: 1, count: 700_000))
    #expect(outcome("x == y && x == y && x == y", [("x", wide), ("y", wide)]) == .failure(.costExceeded))
  }

  @Test("an evaluation goes as deep as an expression can")
  func deep() {
    let depth = CELLimits.depth - 3
    #expect(holds(String(repeating: "!(", count: depth - depth % 2) + "true" + String(repeating: ")", count: depth - depth % 2)))
    let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(holds("\(lists) == \(lists)"))
    #expect(
      holds(
        String(repeating: "true ? ", count: 1) + String(repeating: "(true ? ", count: depth) + "true"
          + String(repeating: " : false)", count: depth) + " : false"))
    #expect(holds(String(repeating: "optional.of(", count: depth) + "1" + String(repeating: ")", count: depth) + ".hasValue()"))
    #expect(
      holds(
        "x" + String(repeating: ".a", count: depth) + " == 1", [("x", (0..<depth).reduce(JSON.int(1)) { tree, _ in ["a": tree] })]
      ))
  }
}
