import CoreCEL
import CoreObjects
import Testing

@Suite("Macros iterate over lists and maps")
struct CELMacroTests {
  @Test(
    "with one variable",
    arguments: [
      "[1, 2, 3].all(x, x > 0) && ![1, 2].all(x, x > 1) && [].all(x, false)", "[1, 2].exists(x, x == 2) && ![].exists(x, true)",
      "[1, 2, 2].exists_one(x, x == 1) && ![1, 2, 2].exists_one(x, x == 2) && [1].existsOne(x, true)",
      "[1, 2].map(x, x * 2) == [2, 4] && [1, 2, 3].map(x, x > 1, x * 2) == [4, 6]",
      "[1, 2, 3].filter(x, x % 2 == 1) == [1, 3]",
      "{'a': 1, 'b': 2}.all(k, k < 'c') && {'a': 1}.exists(k, k == 'a') && {'a': 1, 'b': 2}.map(k, k) == ['a', 'b']",
      "{'a': 1, 'b': 2}.filter(k, k == 'b') == ['b']",
      "[[1, 2], [3]].all(x, x.all(y, y > 0)) && [[1], [2, 3]].map(x, x.map(y, y + 1)) == [[2], [3, 4]]",
      "[1, 2].map(x, [x].map(x, x * 10)) == [[10], [20]]",
    ])
  func one(text: String) { #expect(holds(text)) }

  @Test(
    "with two variables, the place or key and the value",
    arguments: [
      "[5, 6].all(i, v, v == i + 5) && {'a': 1}.all(k, v, k == 'a' && v == 1)", "[5, 6].exists(i, v, i == 1 && v == 6)",
      "[5, 5].existsOne(i, v, i == 0) && ![5, 5].existsOne(i, v, v == 5)",
      "[5, 6].transformList(i, v, i * v) == [0, 6] && [5, 6].transformList(i, v, i > 0, v) == [6]",
      "{'a': 1}.transformList(k, v, k) == ['a']",
      "{'a': 1, 'b': 2}.transformMap(k, v, v + 1) == {'a': 2, 'b': 3} && {'a': 1, 'b': 2}.transformMap(k, v, v > 1, v) == {'b': 2}",
      "[7, 8].transformMap(i, v, v) == {0: 7, 1: 8}",
      "{'a': 'x'}.transformMapEntry(k, v, {v: k}) == {'x': 'a'} && ['a', 'b'].transformMapEntry(i, v, i == 1, {v: i}) == {'b': 1}",
    ])
  func two(text: String) { #expect(holds(text)) }

  @Test("a key that comes twice is a failure")
  func twice() {
    #expect(outcome("[1, 1].transformMapEntry(i, v, {v: i})") == .failure(.duplicateKey))
    #expect(outcome("[1].all(i, i, true)") == .refused)
  }

  @Test("has() asks without a failure, and fails where what it asks of is missing")
  func has() {
    let x: JSON = ["a": ["b": nil, "c": 1]]
    #expect(holds("has(x.a) && has(x.a.c) && !has(x.a.d) && !has(x.b)", [("x", x)]))
    #expect(outcome("has(x.b.c)", [("x", x)]) == .failure(.noSuchKey))
    #expect(holds("has({'a': 1}.a) && !has({'a': 1}.b)"))
  }

  @Test(
    "bindings are evaluated once, and optional values only where they are there",
    arguments: [
      "cel.bind(x, 2, x * x) == 4 && cel.bind(x, 1, cel.bind(y, x + 1, x + y)) == 3",
      "optional.of(2).optMap(x, x * 2) == optional.of(4)",
      "optional.none().optMap(x, 1 / 0) == optional.none()",
      "optional.of(2).optFlatMap(x, x > 1 ? optional.of('a') : optional.none()).value() == 'a'",
    ])
  func bindings(text: String) { #expect(holds(text)) }

  @Test("Kubernetes has no cel.bind, and so it is refused unless it is asked for")
  func bind() { #expect(!issues("cel.bind(x, 1, x)").isEmpty) }
}
