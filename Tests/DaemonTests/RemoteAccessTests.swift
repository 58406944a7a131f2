import CoreJSON
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
    let events = try await access.watch(maps, query: "watch=1&fieldSelector=metadata.name%3Dseen")
    let made: JSON = ["metadata": ["name": "seen"], "data": ["a": "b"]]
    let created = try await access.request("POST", maps, query: "", contentType: "application/json", body: made.encoded())
    #expect(created.status == 201)
    var seen: JSON?
    for await event in events {
      seen = event
      break
    }
    #expect(seen?["type"] == "ADDED" && seen?["object"]["data"] == ["a": "b"])
    let refused = try await access.request("POST", maps, query: "", contentType: "application/json", body: made.encoded())
    #expect(refused.status == 409 && refused.tree["reason"] == "AlreadyExists")
    await test.stop()
  }
}
