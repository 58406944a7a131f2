import CoreAPI
import CoreEngine
import CoreObjects
import Testing

@testable import CoreControllers

/// A controller of ConfigMaps that counts its looks: it writes the data of each once, and again where somebody else has.
private struct Scribe: Controller {
  let name = "writer"
  let isConclusive: Bool
  let resources: Set<ResourceID>? = [.configMaps]
  private(set) var looks = 0
  /// Refuses this many writes.
  var refusals = 0

  init(isConclusive: Bool, refusals: Int = 0) {
    self.isConclusive = isConclusive
    self.refusals = refusals
  }

  func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    change.object.key.name == "watched" ? [change.object.key] : []
  }

  mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    looks += 1
    guard let stored = snapshot.store.get(key), stored.tree[.data]["by"].string != "writer" else { return Plan() }
    var change = Change(.patch(key, subresource: "", merge: ["data": ["by": "writer"]]))
    if refusals > 0 {
      refusals -= 1
      change.write = .delete(key, uid: "of another object", graceSeconds: nil, propagation: nil)
    }
    var plan = Plan(changes: [change])
    plan.isConclusive = isConclusive
    return plan
  }
}

@Suite("Plans that conclude")
struct ConclusivePlanTests {
  private func engine(_ writer: Scribe) throws -> Engine {
    let configuration = APIConfiguration(sign: { _ in "" }, verify: { _ in nil })
    var engine = Engine(configuration, random: RandomSource(seed: 1), controllers: [writer])
    _ = engine.boot(at: now)
    let map: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "watched", "namespace": "default"]]
    _ = try engine.write(.create(.configMaps, namespace: "default", Document(map)), by: .bootstrap, at: now).object
    return engine
  }
  private let now = Instant(seconds: 1_790_000_000)
  private func writer(_ engine: Engine) -> Scribe? { engine.controllers[0] as? Scribe }
  private func data(_ engine: Engine) -> String? {
    engine.store.get(.configMaps, namespace: "default", "watched")?.tree[.data]["by"].string
  }

  @Test("their own writes bring no further look, the writes of others do")
  func ownWrites() throws {
    var concluding = try engine(Scribe(isConclusive: true))
    _ = concluding.step(.timer, at: now)
    #expect(writer(concluding)?.looks == 1 && data(concluding) == "writer")
    let stored = try #require(concluding.store.get(.configMaps, namespace: "default", "watched"))
    var tree = stored.tree
    tree[.data].put("by", "somebody")
    let path = "/api/v1/namespaces/default/configmaps/watched"
    let credential = Credential.certificate(commonName: "admin", organizations: ["system:masters"])
    _ = concluding.step(
      .request(1, APIRequest(method: "PUT", path: path, body: tree.encoded(), credential: credential)), at: now)
    _ = concluding.step(.timer, at: now)
    #expect(writer(concluding)?.looks == 2 && data(concluding) == "writer")

    var other = try engine(Scribe(isConclusive: false))
    _ = other.step(.timer, at: now)
    #expect(writer(other)?.looks == 2 && data(other) == "writer")
  }

  @Test("one that was refused has concluded nothing: it is tried again")
  func refused() throws {
    var engine = try engine(Scribe(isConclusive: true, refusals: 2))
    for tenth in 0..<10 { _ = engine.step(.timer, at: now + .milliseconds(100 * tenth)) }
    #expect(writer(engine)?.looks == 3 && data(engine) == "writer")
  }
}
