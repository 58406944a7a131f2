import CoreAPI
import CoreJSON
import CoreStore
import CoreTypes
import Testing

@Suite("What controllers and nodes write")
struct OwnWritesTests {
  private static let node = CoreAPI.UserInfo(name: "system:node:n", groups: ["system:nodes"])
  private static let pod: JSON = [
    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "namespace": "default"],
    "spec": ["containers": [["name": "main", "image": "app"]]],
  ]

  /// A server with one pod, whose phase is to be `phase`.
  private static func report(phase: JSON, trusts: Bool) throws -> JSON {
    var configuration = APIConfiguration(sign: { _ in "" }, verify: { _ in nil })
    configuration.trustsOwnWrites = trusts
    let now = Instant(seconds: 1_790_000_000)
    var server = APIServer(resources: Resources.all, configuration: configuration, random: RandomSource(seed: 7))
    server.bootstrap(at: now)
    let account: JSON = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "default"]]
    try server.create(.serviceAccounts, namespace: "default", tree: account, user: node, at: now)
    var tree = try server.create(.pods, namespace: "default", tree: pod, user: node, at: now).tree
    tree.put(.status, ["phase": phase])
    return try server.updateStatus(.pods, tree: tree, user: node, at: now).tree[.status]
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
