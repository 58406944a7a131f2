import CoreAPI
import CoreObjects
import Testing

@Suite("What controllers and nodes write")
struct OwnWritesTests {
  private static let pod: JSON = [
    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "default"],
    "spec": ["containers": [["name": "main", "image": "app"]]],
  ]

  /// A writer with one pod, whose phase is to be `phase`.
  private static func report(phase: JSON, trusts: Bool) throws -> JSON {
    var configuration = APIConfiguration(sign: { _ in "" }, verify: { _ in nil })
    configuration.trustsOwnWrites = trusts
    let now = Instant(seconds: 1_790_000_000)
    var writer = APIServer(configuration: configuration).writer(random: RandomSource(seed: 7))
    writer.bootstrap(at: now)
    let account: JSON = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "default"]]
    try writer.write(.create(.serviceAccounts, namespace: "default", Document(account)), by: .bootstrap, at: now)
    let made = try writer.write(.create(.pods, namespace: "default", Document(pod)), by: .controller("c"), at: now).object
    return try writer.write(.status(made.key, ["phase": phase]), by: .node("n"), at: now).object.tree[.status]
  }

  @Test("a status of the wrong type is refused, and one that is right is stored, trusted or not")
  func daemon() throws {
    #expect(throws: APIError.self) { try OwnWritesTests.report(phase: 7, trusts: false) }
    for trusts in [false, true] {
      #expect(try OwnWritesTests.report(phase: "Running", trusts: trusts)[.phase].string == "Running")
    }
  }

  @Test("in a debug build a simulation ends with its first status that a daemon would refuse")
  func simulation() async {
    await #expect(processExitsWith: .failure) { _ = try? OwnWritesTests.report(phase: 7, trusts: true) }
  }
}
