import CoreObjects
import Foundation
import Testing

@Suite("Base64")
struct Base64Tests {
  @Test("bytes of every length are written as Foundation writes them, and read back", arguments: 0..<70)
  func roundTrip(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
    let text = Base64.encode(bytes)
    #expect(text == Data(bytes).base64EncodedString())
    #expect(Base64.decode(text) == bytes)
  }
}
