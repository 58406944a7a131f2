import CoreCEL
import CoreObjects
import Testing

@Suite("Types are checked before anything is evaluated")
struct CELCheckingTests {
  private func type(_ text: String) throws -> String {
    var environment = CELEnvironment()
    environment.declare("d", nil)
    environment.declare("names", type: .list(.string))
    environment.declare("labels", type: .map(.string, .string))
    environment.declare("o", type: .optional(.map(.string, .int)))
    return try environment.compile(text).resultType.description
  }

  @Test(
    "an expression has the type of what it makes",
    arguments: [
      ("1 + 2", "int"), ("1u", "uint"), ("1.5", "double"), ("'a' + 'b'", "string"), ("b'a'", "bytes"), ("null", "null"),
      ("[]", "list(dyn)"),
      ("[1, 2]", "list(int)"), ("[[]] + [[1]]", "list(list(int))"), ("{'a': 1}", "map(string, int)"), ("{}", "map(dyn, dyn)"),
      ("names.map(n, n.size())", "list(int)"), ("names.filter(n, n == 'a')", "list(string)"),
      ("labels.map(k, labels[k])", "list(string)"),
      ("labels.transformMap(k, v, v.size())", "map(string, int)"), ("names.transformList(i, n, i)", "list(int)"),
      ("labels.app", "string"),
      ("o.a", "optional(int)"), ("o[?'a'].orValue(1)", "int"), ("labels[?'a']", "optional(string)"),
      ("labels.?a", "optional(string)"),
      ("d.a.b[3]", "dyn"), ("d + 1", "int"), ("d == 1", "bool"), ("type(1)", "type"), ("int", "type"),
      ("optional.none()", "optional(dyn)"),
      ("true ? [] : [1]", "list(int)"), ("timestamp('2023-01-01T00:00:00Z') - duration('1h')", "timestamp"), ("dyn(1)", "dyn"),
      ("optional.of(1).optMap(x, string(x))", "optional(string)"), ("names[0]", "string"), ("1 in [1]", "bool"),
      ("d.startsWith('a')", "bool"),
      ("names.sortBy(n, n.size())", "list(string)"), ("names.first()", "optional(string)"),
      ("duration('1h') + duration('1h')", "duration"),
    ])
  func types(text: String, expected: String) throws { #expect(try type(text) == expected) }

  @Test(
    "what cannot be is told, all of it, with its place",
    arguments: [
      ("a", ["1:0: 'a' is not declared"]), ("1 + 'a'", ["1:2: '+' does not take int, string"]),
      ("1 == 'a'", ["1:2: '==' does not take int, string"]),
      ("1 + 1u", ["1:2: '+' does not take int, uint"]), ("a + b", ["1:0: 'a' is not declared", "1:4: 'b' is not declared"]),
      ("f(1)", ["1:1: there is no function 'f'"]), ("'a'.f()", ["1:5: there is no function 'f'"]),
      ("size(1)", ["1:4: 'size' does not take int"]),
      ("'a'.size(1)", ["1:8: 'size' does not take string, int"]), ("!1", ["1:1: the operand of '!' has to be bool, and is int"]),
      ("1 && true", ["1:0: an operand of '&&' has to be bool, and is int"]),
      ("1.a", ["1:1: a value of the type int has no fields, and no 'a'"]),
      ("true ? 1 : 'a'", ["1:5: '?:' has to be of one type, and is int or string"]),
      ("[1, 'a']", ["1:4: the elements of a list have to be of one type, and are int and string"]),
      ("{'a': 1, 'b': 'c'}", ["1:14: the values of a map have to be of one type, and are int and string"]),
      ("{1.5: 1}", ["1:1: a key of a map has to be a bool, int, uint or string, and is double"]),
      ("-'a'", ["1:0: '-' does not take string"]),
      ("1.all(x, true)", ["1:0: a macro iterates over a list or a map, not over int"]),
      ("[1].all(x, x)", ["1:11: the condition of a macro has to be bool, and is int"]),
      ("Object{a: 1}", ["1:6: there is no type 'Object' that can be constructed here"]),
      ("[1].optMap(x, x)", ["1:10: an optional value is expected, not list(int)"]),
      ("[?1]", ["1:2: what has a question mark has to be an optional value, and is int"]), ("x.y", ["1:0: 'x' is not declared"]),
      ("[1].all(x, true) && x", ["1:20: 'x' is not declared"]),
      ("[1].map(x, x, x)", ["1:11: the condition of a macro has to be bool, and is int"]),
      ("[[1]].sortBy(x, x)", ["1:16: what is sorted by has to be of a type that has an order, and is list(int)"]),
      ("null == 1", ["1:5: '==' does not take null, int"]),
    ])
  func refused(text: String, expected: [String]) { #expect(issues(text) == expected) }

  @Test("patterns, moments and durations that are written down are read at once")
  func literals() {
    #expect(issues("'a'.matches('[')").count == 1)
    #expect(issues("timestamp('soon')").count == 1)
    #expect(issues("duration('1 day')").count == 1)
    #expect(
      issues("'a'.matches('[a]') && timestamp('2023-01-01T00:00:00Z') > timestamp(0) && duration('1h') > duration('1s')") == [])
  }

  @Test("the result has the type that is asked for")
  func result() throws {
    let environment = CELEnvironment()
    #expect(throws: Never.self) { try environment.compile("1 == 1", expecting: .bool) }
    #expect(throws: CELCompileError.self) { try environment.compile("'a'", expecting: .bool) }
    #expect(throws: CELCompileError.self) { try environment.compile("dyn(true)", expecting: .bool) }
  }

  @Test("variables of macros hide others, and qualified names are looked for as a whole")
  func names() throws {
    var environment = CELEnvironment()
    environment.declare("x", type: .string)
    environment.declare("a.b", type: .int)
    environment.declare("a", type: .map(.string, .string))
    #expect(try environment.compile("[1].map(x, x)").resultType == .list(.int))
    #expect(try environment.compile("[1].map(y, x)").resultType == .list(.string))
    #expect(try environment.compile("[1].map(x, .x)").resultType == .list(.string))
    #expect(try environment.compile("a.b + 1").resultType == .int)
    #expect(try environment.compile("a.c").resultType == .string)
  }

  @Test("an expression tells which variables it uses")
  func used() throws {
    var environment = CELEnvironment()
    let (a, b) = (environment.declare("a", nil), environment.declare("b", nil))
    let program = try environment.compile("[1].all(b, b == a)")
    #expect(program.uses(a) && !program.uses(b))
    try environment.define("sum", "b + 1")
    #expect(try environment.compile("variables.sum == 1").uses(b))
  }
}
