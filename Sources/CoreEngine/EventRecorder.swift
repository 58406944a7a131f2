import CoreAPI
import CoreControllers
import CoreObjects

/// Turns drafts into Event objects; repeats of one draft are counted in one object, and a source that reports too much on one
/// object is cut off. Source: EventCorrelator, client-go tools/record, v0.36 (25 at once, then one in 5 minutes).
struct EventRecorder: Sendable {
  static let burst = 25
  static let refill = Duration.seconds(300)
  /// Sources remembered for counting; beyond it the memory starts anew. Of each, the last `burst` drafts.
  static let memory = 4096

  /// What an instance of a component is called besides: the node that it would run on.
  private static let instance = "-control-plane"
  private static let actor = Actor.controller("event-recorder")
  /// A component and the object that it reports on.
  private struct Source: Hashable {
    var component: String
    var uid: String

    /// Few components report on one object.
    func hash(into hasher: inout Hasher) { hasher.combine(uid) }
  }
  /// What it has recorded lately, and how much more it may record.
  fileprivate struct Memory {
    fileprivate struct Recorded {
      var reason: String
      var message: String
      var fieldPath: String
      var kind: EventDraft.Kind
      var key: ObjectKey
    }
    var tokens = EventRecorder.burst
    var since: Instant
    var recorded: [Recorded] = []
  }
  private var memories: [Source: Memory] = [:]
  private var count: UInt64 = 0

  /// Records a draft through the API server's verbs. `host` is the node for a kubelet's events.
  mutating func record(_ draft: EventDraft, component: String, host: String = "", writer: inout Writer, at now: Instant) {
    let source = Source(component: component, uid: draft.involved.uid ?? draft.involved.name ?? "")
    if memories.count >= EventRecorder.memory, memories[source] == nil { memories.removeAll(keepingCapacity: true) }
    // Looked for once, for that costs more than its use.
    EventRecorder.record(
      draft, component: component, host: host, &memories[source, default: Memory(since: now)], &count, &writer, now)
  }

  private static func record(
    _ draft: EventDraft, component: String, host: String, _ memory: inout Memory, _ count: inout UInt64,
    _ writer: inout Writer, _ now: Instant
  ) {
    guard memory.spend(now) else { return }
    let involved = draft.involved
    let fieldPath = involved.fieldPath ?? ""
    let place = memory.recorded.firstIndex {
      $0.reason == draft.reason && $0.message == draft.message && $0.fieldPath == fieldPath && $0.kind == draft.kind
    }
    if let place {
      if let stored = writer.store.get(memory.recorded[place].key), repeats(stored, &writer, now) { return }
      memory.recorded.remove(at: place)
    }
    count += 1
    let namespace = involved.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
    let name = name(involved.name ?? "object", UInt64(bitPattern: now.nanoseconds) &+ count)
    let event = make(draft, name: name, namespace: namespace, component: component, host: host, at: now)
    guard let stored = try? writer.write(.event(event), by: actor, at: now).object else { return }
    memory.add(.init(reason: draft.reason, message: draft.message, fieldPath: fieldPath, kind: draft.kind, key: stored.key))
  }

  /// The object's name, a dot and the number in hexadecimal digits.
  private static func name(_ object: String, _ number: UInt64) -> String {
    var object = object
    return object.withUTF8 { object in
      String(unsafeUninitializedCapacity: object.count + 17) { out in
        let dot = out.initialize(fromContentsOf: object)
        out[dot] = UInt8(ascii: ".")
        return HexadecimalText.put(number, min(15, number.leadingZeroBitCount / 4)..<16, into: out, at: dot + 1)
      }
    }
  }

  /// Counts an event that was recorded before once more.
  private static func repeats(_ stored: StoredObject, _ writer: inout Writer, _ now: Instant) -> Bool {
    var event = stored.view(Event.self)
    if event.action == nil {
      event.count = (event.count ?? 1) + 1
      event.lastTimestamp = now.rfc3339
    } else {
      event.series.count = (event.series.count ?? 1) + 1
      event.series.lastObservedTime = now.rfc3339Micro
    }
    return (try? writer.write(.replace(.events, event.tree), by: actor, at: now)) != nil
  }

  /// Made in one piece: half of all objects are events.
  private static func make(_ draft: EventDraft, name: String, namespace: String, component: String, host: String, at now: Instant)
    -> Event
  {
    let message = draft.message.utf8.count > 1024 ? String(draft.message.prefix(1024)) : draft.message
    var metadata: [Member] = []
    metadata.reserveCapacity(5)  // The server adds three.
    metadata.append(Member(key: .name, value: .string(name)))
    metadata.append(Member(key: .namespace, value: .string(namespace)))
    var members: [Member] = []
    members.reserveCapacity(14)
    members += [
      Member(key: .apiVersion, value: "v1"), Member(key: .kind, value: "Event"),
      Member(key: .metadata, value: .object(metadata)), Member(key: .involvedObject, value: draft.involved.tree),
      Member(key: .reason, value: .string(draft.reason)), Member(key: .message, value: .string(message)),
      Member(key: .type, value: .string(draft.kind.rawValue)), Member(key: .reportingComponent, value: .string(component)),
    ]
    if let action = draft.action {
      members += [
        Member(key: .source, value: .object([])), Member(key: .reportingInstance, value: .string(component + instance)),
        Member(key: .firstTimestamp, value: .null), Member(key: .lastTimestamp, value: .null),
        Member(key: .action, value: .string(action)), Member(key: .eventTime, value: .string(now.rfc3339Micro)),
      ]
    } else {
      let time = JSON.string(now.rfc3339)
      let reporter = Member(key: .component, value: .string(component))
      let source = host.isEmpty ? [reporter] : [reporter, Member(key: .host, value: .string(host))]
      members += [
        Member(key: .source, value: .object(source)), Member(key: .reportingInstance, value: .string(host)),
        Member(key: .firstTimestamp, value: time), Member(key: .lastTimestamp, value: time), Member(key: .count, value: 1),
        Member(key: .eventTime, value: .null),
      ]
    }
    return Event(tree: .object(members))
  }
}

extension EventRecorder.Memory {
  mutating func add(_ one: Recorded) {
    if recorded.count >= EventRecorder.burst { recorded.removeFirst() }
    recorded.append(one)
  }

  mutating func spend(_ now: Instant) -> Bool {
    let periods = Int((now - since).nanoseconds / EventRecorder.refill.nanoseconds)
    if periods > 0 {
      tokens = min(EventRecorder.burst, tokens + periods)
      since = since + .seconds(300 * periods)
    }
    if tokens == 0 { return false }
    tokens -= 1
    return true
  }
}
