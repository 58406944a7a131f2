/// Two channels of a WebSocket, v4.channel.k8s.io: the first byte of a message names its channel. The port at index n of the request
/// has 2n for data and 2n + 1 for what goes wrong, and each of them begins with the port's number.
/// Source: streaming/portforward/websocket.go of k8s.io/kubelet, v1.36.
struct WebSocketPort: ForwardedPort {
  /// As many as one byte can name.
  static let limit = 128

  let number: UInt16
  private let channel: UInt8
  private let socket: WebSocket
  private let incoming = ByteStream(maximumBytes: 1 << 20)

  init(_ socket: WebSocket, index: Int, number: UInt16) {
    self.socket = socket
    self.number = number
    channel = UInt8(2 * index)
  }

  func announce() async {
    for channel in [channel, channel + 1] {
      try? await socket.write([channel, UInt8(number & 0xFF), UInt8(number >> 8)])
    }
  }

  func receive(_ bytes: [UInt8]) async { _ = await incoming.write(bytes) }
  func read() async -> [UInt8]? { await incoming.read() }
  func write(_ bytes: [UInt8]) async throws { try await socket.write([channel] + bytes) }
  func fail(_ problem: String) async { try? await socket.write([channel + 1] + problem.utf8) }
  func finish() async { incoming.finish() }
}
