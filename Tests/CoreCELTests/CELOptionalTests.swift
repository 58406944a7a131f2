import CoreCEL
import CoreObjects
import Testing

@Suite("Optional values stand for what may be absent")
struct CELOptionalTests {
  @Test(
    "they are made, asked and unwrapped",
    arguments: [
      "optional.of(1).hasValue() && !optional.none().hasValue()",
      "optional.of(1).value() == 1 && optional.of(1).orValue(2) == 1 && optional.none().orValue(2) == 2",
      "optional.none().or(optional.of(3)).value() == 3 && optional.of(1).or(optional.of(3)).value() == 1",
      "!optional.ofNonZeroValue(0).hasValue() && !optional.ofNonZeroValue('').hasValue() && !optional.ofNonZeroValue([]).hasValue() && optional.ofNonZeroValue(1).hasValue()",
      "[optional.of(1), optional.none(), optional.of(2)].unwrapOpt() == [1, 2] && optional.unwrap([optional.of('a')]) == ['a']",
      "[1, 2].first().value() == 1 && [1, 2].last().value() == 2 && ![].first().hasValue()",
      "type(optional.none()) == optional_type",
    ])
  func functions(text: String) { #expect(holds(text)) }

  @Test(
    "fields and indices are looked up without a failure",
    arguments: [
      "x.?a.?b.value() == 1 && !x.?c.?b.hasValue() && x.?c.orValue('d') == 'd'",
      "x[?'a'].hasValue() && !x.list[?5].hasValue() && x.list[?0].value() == 7",
      "x.?a.b.value() == 1 && !x.?c.b.d.e.hasValue()", "[?x.?a.?b, ?x.?c] == [1] && {?'k': x.?a.?b, ?'l': x.?c} == {'k': 1}",
      "!has(x.?c.d) && has(x.?a.b)",
      "x.?a[?'b'].value() == 1", "x.?list[0].value() == 7",
    ])
  func access(text: String) { #expect(holds(text, [("x", ["a": ["b": 1], "list": [7]])])) }
}
