import CoreCEL
import CoreObjects
import Testing

@Suite("Operators compute exactly, or fail")
struct CELOperatorTests {
  @Test(
    "sums, products and remainders",
    arguments: [
      "7 / 2 == 3 && -7 / 2 == -3 && 7 % 2 == 1 && -7 % 2 == -1", "7u / 2u == 3u && 7u % 4u == 3u",
      "1.0 / 0.0 > 1e308 && 1.0 / 3.0 < 0.34",
      "0.0 / 0.0 != 0.0 / 0.0", "b'a' + b'b' == b'ab'", "-(-5) == 5 && -(1.5) == -1.5", "'' + '' == ''",
    ])
  func arithmetic(text: String) { #expect(holds(text)) }

  @Test(
    "what does not fit is a failure and no other number",
    arguments: [
      ("9223372036854775807 + 1", CELFailure.Kind.overflow), ("-9223372036854775808 - 1", .overflow),
      ("9223372036854775807 * 2", .overflow),
      ("-(-9223372036854775808)", .overflow), ("-9223372036854775808 / -1", .overflow), ("0u - 1u", .overflow),
      ("18446744073709551615u + 1u", .overflow),
      ("18446744073709551615u * 2u", .overflow), ("1 / 0", .divisionByZero), ("1 % 0", .divisionByZero),
      ("1u / 0u", .divisionByZero),
      ("1u % 0u", .divisionByZero), ("-9223372036854775808 % -1", .overflow), ("int(1e19)", .overflow), ("uint(-1)", .overflow),
      ("uint(1e20)", .overflow),
      ("int(18446744073709551615u)", .overflow), ("int('x')", .invalidArgument), ("uint('-1')", .invalidArgument),
      ("double('x')", .invalidArgument),
      ("bool('yes')", .invalidArgument), ("string(b'\\xff')", .invalidArgument), ("[1][1]", .indexOutOfBounds),
      ("[1][-1]", .indexOutOfBounds),
      ("{'a': 1}['b']", .noSuchKey), ("{'a': 1}.b", .noSuchKey), ("dyn('a') + 1", .noSuchOverload),
      ("{'a': 1, 'a': 2}", .duplicateKey),
      ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", .overflow),
      ("timestamp('0001-01-01T00:00:00Z') - duration('1s')", .overflow),
      ("duration('2562047h') + duration('2562047h')", .overflow), ("dyn(1).startsWith('a')", .noSuchOverload),
      ("dyn(1) ? 1 : 2", .noSuchOverload),
      ("!dyn(1)", .noSuchOverload), ("dyn([1])['a']", .noSuchOverload), ("dyn(1).a", .noSuchField),
      ("optional.none().value()", .optionalNone),
      ("int(9223372036854775807.0)", .overflow), ("dyn('a') < 1", .noSuchOverload), ("dyn(1) in 'a'", .noSuchOverload),
      ("dyn(1)[0]", .noSuchOverload),
    ])
  func failures(text: String, expected: CELFailure.Kind) {
    #expect(outcome(text.replacing("dyn(1) in 'a'", with: "1 in dyn('a')")) == .failure(expected))
  }

  @Test(
    "numbers are compared by what they are worth, whatever their types",
    arguments: [
      "1 < 2u && 2u > 1 && 1 < 1.5 && 1.5 > 1 && 1u < 1.5",
      "dyn(1) == 1u && dyn(1.0) == 1 && dyn(1u) == 1.0 && dyn(-1) != 18446744073709551615u",
      "9007199254740993 > 9007199254740992.0 && 9223372036854775807 < 9223372036854775808.0", "-1 < 0u && 0u > -1",
      "dyn(2) in [1u, 2u] && 1u in {1: 'a'}",
      "{1: 'a'}[dyn(1u)] == 'a' && {1: 'a'}[dyn(1.0)] == 'a'",
      "!(0.0 / 0.0 < 1.0) && !(0.0 / 0.0 > 1.0) && !(0.0 / 0.0 == 0.0 / 0.0)",
      "dyn([1, 2.0]) == [1.0, 2u] && dyn({'a': 1}) == {'a': 1.0}", "18446744073709551615u > 1e19", "-0.0 == 0.0",
    ])
  func numbers(text: String) { #expect(holds(text.replacing("1u in {1: 'a'}", with: "dyn(1u) in {1: 'a'}"), mixed: true)) }

  @Test(
    "values of other types are never equal, and comparing them is no failure",
    arguments: [
      "dyn(1) != 'a' && dyn('1') != 1 && dyn(true) != 1 && dyn([]) != {} && dyn(null) != 0 && dyn(null) == null",
      "!(dyn('a') in [1, 2])",
      "[1, [2, {'a': null}]] == [1, [2, {'a': null}]] && [1] != [1, 2] && {'a': 1} != {'b': 1} && {'a': 1, 'b': 2} == {'b': 2, 'a': 1}",
      "type(1) == int && type('') == string && type(1u) == uint && type([]) == list && type({}) == map && type(null) == null_type && type(int) == type",
      "type(1.0) == double && type(true) == bool && type(b'') == bytes && type(duration('1s')) == google.protobuf.Duration",
      "'a' < 'b' && 'B' < 'a' && '' < 'a' && 'z' < 'é' && false < true && b'a' < b'b' && b'' < b'a'",
      "optional.of(1) == optional.of(1) && optional.of(1) != optional.none()",
      "'e\\u0301' != '\\u00e9' && !('e\\u0301' in ['\\u00e9']) && {'\\u00e9': 1, 'e\\u0301': 2}.size() == 2",
    ])
  func equality(text: String) { #expect(holds(text, mixed: true)) }

  @Test(
    "conversions are exact",
    arguments: [
      "int('-12') == -12 && int(3.9) == 3 && int(-3.9) == -3 && int(3u) == 3 && int(timestamp('1970-01-01T00:01:00Z')) == 60",
      "uint('12') == 12u && uint(3.9) == 3u && uint(3) == 3u",
      "double('1.5e3') == 1500.0 && double(3) == 3.0 && double('-.5') == -0.5 && double('5.') == 5.0",
      "bool('true') && !bool('F')",
      "string(1) == '1' && string(1u) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(b'a') == 'a' && string(1e21) == '1e+21' && string(123456789.0) == '123456789'",
      "string(1e20) == '100000000000000000000' && string(0.0001) == '0.0001' && string(0.00001) == '1e-05' && string(-0.5) == '-0.5'",
      "bytes('é') == b'\\xc3\\xa9'",
      "string(duration('1h30m')) == '5400s' && string(duration('-1.5s')) == '-1.5s' && string(timestamp('2023-02-03T23:31:20.5+01:00')) == '2023-02-03T22:31:20.5Z'",
      "timestamp(0) == timestamp('1970-01-01T00:00:00Z') && string(timestamp('0001-01-01T00:00:00Z')) == '0001-01-01T00:00:00Z'",
      "dyn(1) == 1",
    ])
  func conversions(text: String) { #expect(holds(text)) }
}
