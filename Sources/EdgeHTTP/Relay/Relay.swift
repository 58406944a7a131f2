/// Passes on what comes to a port, to where its traffic leads at the moment.
package protocol Relay: Sendable {
  /// Connections, or clients that have been heard of lately.
  var count: Int { get }
  /// Whatever goes through it ends; the port is free.
  func stop() async
}
