import CoreCEL
import Testing

@Suite("Texts are rows of code points")
struct CELStringTests {
  @Test(
    "they are searched and cut",
    arguments: [
      "'é😀'.size() == 2 && size('') == 0 && b'é'.size() == 2",
      "'hello'.contains('ell') && !'hello'.contains('x') && 'a'.contains('') && ''.contains('')",
      "'hello'.startsWith('he') && 'hello'.endsWith('lo') && !'lo'.endsWith('hello')",
      "'héllo'.charAt(1) == 'é' && 'hello'.charAt(5) == ''",
      "'hello mellow'.indexOf('ello') == 1 && 'hello mellow'.indexOf('jello') == -1 && 'hello mellow'.indexOf('', 2) == 2 && 'hello mellow'.indexOf('ello', 2) == 7",
      "'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.lastIndexOf('ello', 6) == 1 && 'hello mellow'.lastIndexOf('') == 12 && 'a'.lastIndexOf('ab') == -1",
      "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco' && 'é😀a'.substring(1, 2) == '😀' && 'a'.substring(1) == ''",
      "'  \\ttrim\\n \\u3000'.trim() == 'trim' && ''.trim() == '' && ' '.trim() == ''",
      "'TacoCÆt Xii'.lowerAscii() == 'tacocÆt xii' && 'tacoCæt'.upperAscii() == 'TACOCæT'",
    ])
  func search(text: String) { #expect(holds(text)) }

  @Test(
    "they are put together and taken apart",
    arguments: [
      "'hello hello'.replace('he', 'we') == 'wello wello' && 'hello hello'.replace('he', 'we', 1) == 'wello hello' && 'aa'.replace('a', 'b', 0) == 'aa' && 'aa'.replace('a', '', -1) == ''",
      "'ab'.replace('', '_') == '_a_b_' && ''.replace('', 'x') == 'x' && 'ab'.replace('', '_', 2) == '_a_b'",
      "'a b c'.split(' ') == ['a', 'b', 'c'] && 'a b c'.split(' ', 2) == ['a', 'b c'] && 'a b'.split(' ', 0) == [] && 'a b'.split(' ', 1) == ['a b'] && 'abc'.split('') == ['a', 'b', 'c']",
      "''.split(',') == [''] && 'abc'.split('', 2) == ['a', 'bc'] && 'a,'.split(',') == ['a', '']",
      "['a', 'b'].join() == 'ab' && ['a', 'b'].join('-') == 'a-b' && [].join('x') == ''",
      "strings.quote('a\"b\\n\\\\') == '\"a\\\\\"b\\\\n\\\\\\\\\"'",
    ])
  func parts(text: String) { #expect(holds(text)) }

  @Test(
    "places beyond a text are failures",
    arguments: [
      "'a'.charAt(2)", "'a'.charAt(-1)", "'a'.substring(2)", "'a'.substring(1, 0)", "'a'.substring(0, 2)", "'a'.indexOf('a', 1)",
      "'a'.lastIndexOf('a', -1)",
    ])
  func outside(text: String) { #expect(outcome(text) == .failure(.indexOutOfBounds)) }

  @Test(
    "a format puts values into a text",
    arguments: [
      "'%s is %d%% of %s'.format(['a', 5, [1, 'x', 2.5, null, {'b': true, 'a': b'z'}]]) == 'a is 5% of [1, \"x\", 2.500000, null, {\"a\":b\"z\", \"b\":true}]'",
      "'%f %.2f %.0f'.format([3.14, 2.675, 2.5]) == '3.140000 2.67 2'", "'%f'.format([1234567.5]) == '1,234,567.500000'",
      "'%e'.format([2.71828]) == '2.718280\\u202f\\u00d7\\u202f10\\u2070\\u2070' && '%.1e'.format([0.00015]) == '1.5\\u202f\\u00d7\\u202f10\\u207b\\u2070\\u2074'",
      "'%b %b %o %x %X'.format([5, true, 8, 255, 255]) == '101 1 10 ff FF' && '%x'.format(['é']) == 'c3a9' && '%X'.format([b'\\xab']) == 'AB' && '%x'.format([-26]) == '-1a'",
      "'%s %s %s'.format([duration('90s'), timestamp('2023-01-01T00:00:00Z'), type(1)]) == '90s 2023-01-01T00:00:00Z int'",
      "'%s'.format([1.5]) == '1.5'",
      "'%s'.format([[duration('90s')]]) == '[duration(\"90s\")]'",
      "'%f'.format([0.1 + 0.2]) == '0.300000' && '%.20f'.format([0.1]) == '0.10000000000000000555'",
    ])
  func formats(text: String) { #expect(holds(text, mixed: true)) }

  @Test(
    "a format that asks for what is not there fails",
    arguments: ["'%s'.format([])", "'%d'.format(['a'])", "'%q'.format([1])", "'%'.format([1])", "'%f'.format([1])"])
  func formatFailures(text: String) { #expect(outcome(text) == .failure(.invalidArgument)) }
}
