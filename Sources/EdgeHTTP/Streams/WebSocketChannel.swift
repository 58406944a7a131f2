/// Exec or attach over a WebSocket: v4.channel.k8s.io, v5 which can also close the input, and channel.k8s.io, which a client that
/// names no protocol means: it is told how the command ended only where it failed, in words.
final class WebSocketChannel: CommandChannel {
  private enum Channel: UInt8 {
    case input = 0
    case output = 1
    case errors = 2
    case status = 3
    case size = 4
    case close = 255
  }

  private let socket: WebSocket
  private let canCloseInput: Bool
  private let tellsStatus: Bool
  private let input = ByteStream(maximumBytes: 1 << 20)
  private let sizes = ByteStream(maximumBytes: 64 << 10, maximumCount: 100)
  private let gone = ByteStream()

  init(_ socket: WebSocket, _ version: String) {
    self.socket = socket
    canCloseInput = version == "v5.channel.k8s.io"
    tellsStatus = canCloseInput || version == "v4.channel.k8s.io"
  }

  /// An empty first message tells the client that the connection is there.
  func open(_ names: CommandStreamNames) async {
    if names.stdout { try? await writeOutput([]) } else if names.stderr { try? await writeErrors([]) }
  }

  /// Sorts the client's messages until it has gone.
  func pump() async {
    while let message = try? await socket.read() {
      guard let first = message.first, let channel = Channel(rawValue: first) else { continue }
      switch channel {
      case .input: _ = await input.write(Array(message.dropFirst()))
      case .size: _ = await sizes.write(Array(message.dropFirst()))
      case .close: if canCloseInput, message.count == 2, message[1] == Channel.input.rawValue { input.finish() }
      case .output, .errors, .status: continue
      }
    }
    for stream in [input, sizes, gone] { stream.finish() }
  }

  func readInput() async -> [UInt8]? { await input.read() }
  func readSize() async -> [UInt8]? { await sizes.next()?.last }
  func writeOutput(_ bytes: [UInt8]) async throws { try await socket.write([Channel.output.rawValue] + bytes) }
  func writeErrors(_ bytes: [UInt8]) async throws { try await socket.write([Channel.errors.rawValue] + bytes) }
  func finish(status: [UInt8], failure: String?) async {
    guard let told = tellsStatus ? status : failure.map({ Array($0.utf8) }) else { return }
    try? await socket.write([Channel.status.rawValue] + told)
  }
  func untilGone() async { _ = await gone.next() }
}
