import CoreObjects

/// From one type to another. What does not fit is a failure.
enum Conversions {
  private static func overloads(_ result: CELType, _ types: [CELType]) -> [Function.Overload] {
    types.map { Function.Overload([$0], result) }
  }

  static let functions: [Function] = [
    Function("bool", overloads(.bool, [.bool, .string])) { (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .bool: return arguments[0]
      case .string("1"), .string("t"), .string("T"), .string("true"), .string("TRUE"), .string("True"): return .bool(true)
      case .string("0"), .string("f"), .string("F"), .string("false"), .string("FALSE"), .string("False"): return .bool(false)
      default: throw cannot(arguments[0], "bool")
      }
    },
    Function("bytes", overloads(.bytes, [.bytes, .string]), cost: .bytesOfText) { (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .bytes: return arguments[0]
      case .string(let text): return .bytes(Array(text.utf8))
      default: throw cannot(arguments[0], "bytes")
      }
    },
    Function("double", overloads(.double, [.double, .int, .uint, .string])) { (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .double: return arguments[0]
      case .int(let number): return .double(Double(number))
      case .uint(let number): return .double(Double(number))
      case .string(let text): if let number = NumberText.double(text) { return .double(number) }
      default: break
      }
      throw cannot(arguments[0], "double")
    },
    Function("int", overloads(.int, [.int, .uint, .double, .string, .timestamp, .duration])) {
      (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .int: return arguments[0]
      case .uint(let number): if let whole = Int64(exactly: number) { return .int(whole) }
      // The ends are left out: as doubles they are no ints.
      case .double(let number): if number > -0x1p63, number < 0x1p63 { return .int(Int64(number)) }
      case .string(let text): if let number = NumberText.whole(text, Int64.self) { return .int(number) }
      case .timestamp(let moment): return .int(moment.seconds)
      case .duration(let nanoseconds): return .int(nanoseconds)
      default: break
      }
      throw cannot(arguments[0], "int")
    },
    Function("uint", overloads(.uint, [.uint, .int, .double, .string])) { (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .uint: return arguments[0]
      case .int(let number): if let whole = UInt64(exactly: number) { return .uint(whole) }
      case .double(let number): if number >= 0, number < 0x1p64 { return .uint(UInt64(number)) }
      case .string(let text): if let number = NumberText.whole(text, UInt64.self) { return .uint(number) }
      default: break
      }
      throw cannot(arguments[0], "uint")
    },
    Function(
      "string", overloads(.string, [.string, .bool, .bytes, .double, .duration, .int, .timestamp, .uint]), cost: .textOfBytes
    ) { (arguments, _) throws(CELFailure) in
      .string(try text(of: arguments[0]))
    },
    Function("timestamp", overloads(.timestamp, [.timestamp, .int, .string])) { (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .timestamp: return arguments[0]
      case .int(let seconds): if let moment = CELTimestamp(seconds: seconds) { return .timestamp(moment) }
      case .string(let text): if let moment = CELTimestamp(rfc3339: text) { return .timestamp(moment) }
      default: break
      }
      throw cannot(arguments[0], "timestamp")
    },
    Function("duration", overloads(.duration, [.duration, .int, .string])) { (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .duration: return arguments[0]
      case .int(let nanoseconds): return .duration(nanoseconds)
      case .string(let text): if let nanoseconds = CELDuration.read(text) { return .duration(nanoseconds) }
      default: break
      }
      throw cannot(arguments[0], "duration")
    },
  ]

  private static func cannot(_ value: CELValue, _ type: String) -> CELFailure {
    switch value {
    case .int, .uint, .double: CELFailure(.overflow, "\(value.brief) does not fit into the type \(type)")
    case .string: CELFailure(.invalidArgument, "\(value.brief) cannot be read as \(type)")
    default: CELFailure.overload(type, value)
    }
  }

  static func text(of value: CELValue) throws(CELFailure) -> String {
    switch value {
    case .string(let text): return text
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    case .uint(let number): return String(number)
    case .double(let number): return NumberText.text(number)
    case .timestamp(let moment): return moment.text
    case .duration(let nanoseconds): return CELDuration.text(nanoseconds)
    case .type(let name): return name
    case .bytes(let bytes):
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      throw CELFailure(.invalidArgument, "the bytes are no UTF-8")
    default: throw cannot(value, "string")
    }
  }
}
