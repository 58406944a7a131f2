/// Crossing a limit is answered by its own status, or ends the connection where nothing can be answered.
package struct HTTPLimits: Sendable {
  /// 431.
  package var headerBytes = 64 << 10
  package var headerFields = 256
  /// 413.
  package var bodyBytes = 3 << 20
  /// Connections above this are closed as they come.
  package var connections = 20_000
  package var handshake = Duration.seconds(10)
  /// From the first byte of a request to its last: 408.
  package var request = Duration.seconds(60)
  /// Between two pieces of a body that is streamed; nil: for ever. The connection ends.
  package var bodySilence: Duration?
  /// Between two requests.
  package var idle = Duration.seconds(180)
  /// How long a client may take no byte while something waits to be written.
  package var write = Duration.seconds(30)
  /// HTTP/2 streams a connection.
  package var streams = 250
}

package struct HTTPServerConfiguration: Sendable {
  package typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

  package var limits = HTTPLimits()
  /// nil = plain HTTP.
  package var tls: TLSContext?
  /// Puts a refusal into the words of the API.
  package var refusal: @Sendable (HTTPRefusal) -> HTTPResponse = { .text($0.status, $0.message) }
  /// Paths whose requests are handled before their body is there.
  package var streams: @Sendable (_ path: String) -> Bool = { _ in false }
  /// Runs on the connection's loop: it must not block.
  package var handler: Handler

  package init(tls: TLSContext?, handler: @escaping Handler) {
    self.tls = tls
    self.handler = handler
  }
}
