import CoreAPI
import CoreControllers
import CoreJSON
import CoreStore
import CoreTypes

/// Turns drafts into Event objects; repeats of one draft are counted in one object, and a source that says too much about one
/// object is cut off. Source: EventCorrelator, client-go tools/record, v0.36 (25 at once, then one in 5 minutes).
struct EventRecorder: Sendable {
  static let burst = 25
  static let refill = Duration.seconds(300)
  /// Drafts remembered for counting; beyond it the memory starts anew.
  static let memory = 4096

  private static let user = CoreAPI.UserInfo(
    name: "system:serviceaccount:kube-system:event-recorder", groups: ["system:masters"])
  private struct Identity: Hashable {
    var component: String
    var uid: String
    var reason: String
    var message: String
    var fieldPath: String
    var kind: String
  }
  private struct Bucket {
    var tokens: Int
    var since: Instant
  }
  private var known: [Identity: ObjectKey] = [:]
  private var buckets: [String: Bucket] = [:]
  private var count: UInt64 = 0

  /// Records a draft through the API server's verbs. `host` is the node for a kubelet's events.
  mutating func record(_ draft: EventDraft, component: String, host: String = "", server: inout APIServer, at now: Instant) {
    let involved = draft.involved
    let identity = Identity(
      component: component, uid: involved.uid ?? involved.name ?? "", reason: draft.reason, message: draft.message,
      fieldPath: involved.fieldPath ?? "", kind: draft.kind.rawValue)
    guard spend(component + "/" + identity.uid, now) else { return }
    let user = EventRecorder.user
    if let key = known[identity], let stored = server.store.get(key) {
      var event = stored.view(Event.self)
      event.count = (event.count ?? 1) + 1
      event.lastTimestamp = now.rfc3339
      if (try? server.update(.events, tree: event.tree, user: user, at: now)) != nil { return }
    }
    if known.count >= EventRecorder.memory { known = [:] }
    count += 1
    let namespace = involved.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
    let suffix = String(UInt64(bitPattern: now.nanoseconds) &+ count, radix: 16)
    let name = "\(involved.name ?? "object").\(suffix)"
    let event = make(draft, name: name, namespace: namespace, component: component, host: host, at: now)
    if let stored = try? server.createEvent(event, at: now) {
      known[identity] = stored.key
    }
  }

  private func make(_ draft: EventDraft, name: String, namespace: String, component: String, host: String, at now: Instant)
    -> Event
  {
    var event = Event()
    event.apiVersion = "v1"
    event.kind = "Event"
    event.metadata.name = name
    event.metadata.namespace = namespace
    event.involvedObject = draft.involved
    event.reason = draft.reason
    event.message = draft.message.utf8.count > 1024 ? String(draft.message.prefix(1024)) : draft.message
    event.type = draft.kind.rawValue
    event.source.component = component
    if !host.isEmpty { event.source.host = host }
    event.reportingComponent = component
    event.reportingInstance = host
    event.firstTimestamp = now.rfc3339
    event.lastTimestamp = now.rfc3339
    event.count = 1
    return event
  }

  private mutating func spend(_ name: String, _ now: Instant) -> Bool {
    if buckets.count > EventRecorder.memory { buckets = [:] }
    var bucket = buckets[name] ?? Bucket(tokens: EventRecorder.burst, since: now)
    let periods = Int((now - bucket.since).nanoseconds / EventRecorder.refill.nanoseconds)
    if periods > 0 {
      bucket.tokens = min(EventRecorder.burst, bucket.tokens + periods)
      bucket.since = bucket.since + .seconds(300 * periods)
    }
    defer { buckets[name] = bucket }
    if bucket.tokens == 0 { return false }
    bucket.tokens -= 1
    return true
  }
}
