/// Why a text is not JSON. `offset` is the byte at which reading stopped, from 0.
package enum JSONError: Error, Equatable, CustomStringConvertible {
  case syntax(offset: Int)
  case tooDeep(limit: Int)
  case endOfInput
  case invalidUTF8(offset: Int)
  case numberOutOfRange(offset: Int)

  package var description: String {
    switch self {
    case .syntax(let offset): "invalid JSON at byte \(offset)"
    case .tooDeep(let limit): "JSON is nested more than \(limit) levels deep"
    case .endOfInput: "unexpected end of JSON input"
    case .invalidUTF8(let offset): "invalid UTF-8 at byte \(offset)"
    case .numberOutOfRange(let offset): "number out of range at byte \(offset)"
    }
  }
}
