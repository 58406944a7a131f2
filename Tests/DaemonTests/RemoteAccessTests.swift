import CoreObjects
import Daemon
import EdgeClient
import Rehearsal
import Testing

@Suite("A cluster by its kubeconfig", .timeLimit(.minutes(1))) struct RemoteAccessTests {
  @Test("requests and watches reach the cluster of a context, as its user")
  func reaches() async throws {
    let test = try await TestCluster()
    let access = RemoteAccess(try KubeconfigFile([test.directory + "/kubeconfig"]).endpoint(context: "wavetank"))
    let maps = "/api/v1/namespaces/default/configmaps"
    let (events, continuation) = AsyncStream.makeStream(of: ObjectEvent.self)
    let close = access.watch(maps, .name("seen"), from: "") { continuation.yield($0) }
    let made: JSON = ["metadata": ["name": "seen"], "data": ["a": "b"]]
    let created = try await access.request("POST", maps, query: "", contentType: "application/json", body: made.encoded())
    #expect(created.status == 201)
    var iterator = events.makeAsyncIterator()
    guard case .put(let seen) = await iterator.next() else { return #expect(Bool(false), "no object came") }
    #expect(seen["data"] == ["a": "b"])
    close()
    guard case .ended = await iterator.next() else { return #expect(Bool(false), "the watch did not end") }
    let refused = try await access.request("POST", maps, query: "", contentType: "application/json", body: made.encoded())
    #expect(refused.status == 409 && refused.tree["reason"] == "AlreadyExists")
    await test.stop()
  }
}
