import EdgeHTTP

/// The body of a request, whether it was there at once or comes in pieces.
final class RequestBody {
  private var whole: [UInt8]?
  private let stream: ByteStream?
  /// It ended before its end.
  private(set) var isBroken = false

  init(_ request: HTTPRequest) {
    stream = request.stream
    whole = request.stream == nil && !request.body.isEmpty ? request.body : nil
  }

  /// nil at the end.
  func next() async -> [UInt8]? {
    if let stream {
      if let piece = await stream.read() { return piece }
      isBroken = stream.isTerminated
      return nil
    }
    defer { whole = nil }
    return whole
  }
}
