/// What the server and its questions to others may take at the most.
package enum DNSLimits {
  /// Bytes of a datagram that no network has to take apart.
  static let datagramBytes = 1232
  static let streamBytes = 65_535
  /// Questions that others have been asked and have not answered yet; more are answered with SERVFAIL.
  package static let waiting = 1000
  static let connections = 200
  /// How long a resolver may take, and how many are tried.
  static let patience = Duration.seconds(2)
  static let attempts = 3
  /// How long a connection may be idle.
  static let idle = Duration.seconds(10)
}
