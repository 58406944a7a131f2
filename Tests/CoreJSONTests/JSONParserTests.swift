import Testing

@testable import CoreObjects

@Suite("The JSON parser")
struct JSONParserTests {
  @Test(
    "what is not JSON is refused",
    arguments: [
      "", " ", "{", "[1,]", #"{"a":1,}"#, "01", "1.", ".5", "1e", "+1", "nul", "tru", "[1 2]", #"{"a" 1}"#, #"{a:1}"#, #""\x""#,
      #""\u12g4""#,
      "\"a\nb\"", #""open"#, "1e400", "-1e999", "NaN", "[] []",
    ])
  func refused(text: String) { #expect(throws: JSONError.self) { try JSONParser.parse(text) } }

  @Test("nesting ends at 256 levels")
  func depth() throws {
    func nested(_ n: Int) -> String { String(repeating: "[", count: n) + String(repeating: "]", count: n) }
    _ = try JSONParser.parse(nested(256))
    #expect(throws: JSONError.tooDeep(limit: 256)) { try JSONParser.parse(nested(257)) }
  }

  @Test("the last of several equal keys wins, and each is reported")
  func duplicates() throws {
    let (value, names) = try JSONParser.parseReportingDuplicates(Array(#"{"name":1,"x":2,"name":3,"\u0078":4}"#.utf8))
    #expect(value == ["name": 3, "x": 4] && names == ["name", "x"])
  }

  @Test("whole numbers keep all their digits; larger ones become doubles")
  func integers() throws {
    #expect(try JSONParser.parse("9223372036854775807").int == Int.max)
    #expect(try JSONParser.parse("-9223372036854775808").int == Int.min)
    #expect(try JSONParser.parse("9223372036854775808") == .double(9_223_372_036_854_775_808))
  }

  @Test("a lone surrogate becomes a replacement character, and bytes that are not UTF-8 are refused")
  func unicode() throws {
    #expect(try JSONParser.parse(#""\ud83d\ude00 \ud83d x""#).string == "😀 \u{FFFD} x")
    for bytes in [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]] {
      #expect(throws: JSONError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
    }
  }

  @Test("fieldsV1 is kept as bytes in entries of managedFields where it is an object, and is any value elsewhere")
  func fieldsV1() throws {
    let object = try JSONParser.parse(#"{"metadata":{"managedFields":[{"manager":"a","fieldsV1":{"f:a":{}}}]}}"#)
    #expect(object["metadata"]["managedFields"][0]["fieldsV1"] == .raw(Array(#"{"f:a":{}}"#.utf8)))
    #expect(try JSONParser.parse(#"{"data":{"fieldsV1":"text"}}"#)["data"]["fieldsV1"].string == "text")
    let schema = #"{"managedFields":{"items":{"properties":{"fieldsV1":{"type":"object"}}}}}"#
    #expect(try JSONParser.parse(schema)["managedFields"]["items"]["properties"]["fieldsV1"]["type"] == "object")
    #expect(try JSONParser.parse(#"{"fieldsV1":{"a":1}}"#)["fieldsV1"]["a"] == 1)
  }

  @Test("what was written reads back the same", arguments: 1...40)
  func roundTrip(seed: Int) throws {
    var generator = Generator(state: UInt64(seed))
    let value = generator.value(5)
    #expect(try JSONParser.parse(value.encoded()) == value)
  }
}

private struct Generator {
  var state: UInt64
  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
  mutating func text() -> String {
    let alphabet = Array("aZ0 \"\\/\u{0}\u{1F}\n\té€😀name")
    return String((0..<next(20)).map { _ in alphabet[next(alphabet.count)] })
  }
  mutating func value(_ depth: Int) -> JSON {
    switch next(depth > 0 ? 8 : 6) {
    case 0: return .null
    case 1: return .bool(next(2) == 0)
    case 2: return .int(Int64(bitPattern: state))
    case 3: return .double(Double(next(1_000_000)) + 0.125)
    case 4, 5: return .string(text())
    case 6: return .array((0..<next(6)).map { _ in value(depth - 1) })
    default:
      var names: Set<String> = []
      return .object(
        (0..<next(40)).map { i in (names.insert("\(i)" + text()), value(depth - 1)) }.map {
          Member(key: Key($0.0.1), value: $0.1)
        })
    }
  }
}
