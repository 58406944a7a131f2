/// Status line and header fields of an answer in one array.
struct ResponseHead {
  private var bytes: [UInt8] = []

  mutating func begin(_ response: HTTPResponse) {
    var capacity = response.headers.wire.count + 128
    if case .bytes(let body) = response.body, body.count < 64 << 10 { capacity += body.count }
    bytes.reserveCapacity(capacity)
    append("HTTP/1.1 ")
    let status = min(max(response.status, 100), 999)
    bytes.append(UInt8(ascii: "0") + UInt8(status / 100))
    bytes.append(UInt8(ascii: "0") + UInt8(status / 10 % 10))
    bytes.append(UInt8(ascii: "0") + UInt8(status % 10))
    bytes.append(0x20)
    append(reasonPhrase(status))
    append("\r\n")
    bytes.append(contentsOf: response.headers.wire)
  }

  mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func appendLength(_ count: Int) {
    append("content-length: ")
    bytes.append(contentsOf: String(count).utf8)
    append("\r\n")
  }

  mutating func end() -> [UInt8] {
    append("\r\n")
    return bytes
  }
}
