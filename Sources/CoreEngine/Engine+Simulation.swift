package import CoreAPI
package import CoreObjects

extension Engine {
  /// A write of the host's own, in place of controllers and nodes that it leaves out.
  @discardableResult
  package mutating func write(_ intent: WriteIntent, by actor: Actor, at now: Instant) throws(APIError) -> Written {
    defer { settle(now) }
    return try writer.write(intent, by: actor, at: now)
  }
}
