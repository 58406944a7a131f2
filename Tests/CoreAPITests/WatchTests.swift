import CoreAPI
import CoreObjects
import Testing

@Suite("Watch")
struct WatchTests {
  @Test("a watch without a revision begins with the state and goes on with changes")
  func follows() throws {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let opened = bench.watch(Bench.configMaps + "?watch=true")
    let watch = try #require(opened)
    #expect(watch.initial.map(Bench.summary) == ["ADDED a"])
    bench.send("POST", Bench.configMaps, Bench.configMap("b"))
    bench.send("PATCH", Bench.configMaps + "/b", ["data": ["x": "1"]], type: "application/merge-patch+json")
    bench.send("DELETE", Bench.configMaps + "/a")
    bench.send("POST", "/api/v1/namespaces/kube-system/configmaps", Bench.configMap("elsewhere"))
    #expect(bench.events(watch) == ["ADDED b", "MODIFIED b", "DELETED a"])
  }

  @Test("a watch from a revision tells what happened since")
  func resumes() throws {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let revision = bench.writer.store.revision
    bench.send("POST", Bench.configMaps, Bench.configMap("b"))
    let opened = bench.watch(Bench.configMaps + "?watch=1&resourceVersion=\(revision)")
    let watch = try #require(opened)
    #expect(watch.initial.map(Bench.summary) == ["ADDED b"])
  }

  @Test("a watch from a compacted revision is a 410 Expired")
  func expires() {
    var bench = Bench()
    var store = bench.writer.store
    store.restore(revision: store.revision + 100)
    bench.writer = bench.server.writer(random: RandomSource(seed: 7), store: store)
    let answer = bench.get(Bench.configMaps + "?watch=true&resourceVersion=1")
    #expect(answer.status == 410)
    #expect(answer.reason == "Expired")
  }

  @Test("objects that begin or stop to match a selector appear and disappear")
  func selectorTransitions() throws {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let opened = bench.watch(Bench.configMaps + "?watch=true&labelSelector=tier%3Dweb")
    let watch = try #require(opened)
    #expect(watch.initial.isEmpty)
    #expect(watch.shape == nil)
    let merge = "application/merge-patch+json"
    bench.send("PATCH", Bench.configMaps + "/a", ["metadata": ["labels": ["tier": "web"]]], type: merge)
    bench.send("PATCH", Bench.configMaps + "/a", ["data": ["x": "1"]], type: merge)
    bench.send("PATCH", Bench.configMaps + "/a", ["metadata": ["labels": ["tier": "db"]]], type: merge)
    #expect(bench.events(watch) == ["ADDED a", "MODIFIED a", "DELETED a"])
  }

  @Test("initial events end with a bookmark that says so")
  func sendsInitialEvents() throws {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let query = "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    let opened = bench.watch(Bench.configMaps + query)
    let watch = try #require(opened)
    let last = try JSONParser.parse(try #require(watch.initial.last))
    #expect(last["type"].string == "BOOKMARK")
    #expect(last[.object][.metadata][.annotations]["k8s.io/initial-events-end"].string == "true")
    #expect(bench.get(Bench.configMaps + "?watch=true&sendInitialEvents=true").status == 422)
  }

  @Test("a watched table has a row with the age at the moment of the event")
  func tables() throws {
    var bench = Bench()
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    guard case .watch(let watch, _) = bench.request("GET", Bench.configMaps + "?watch=true", accept: accept) else {
      Issue.record("no watch")
      return
    }
    _ = bench.writer.takeChanges()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let changes = bench.writer.takeChanges()
    let change = try #require(changes.first)
    let line = try JSONParser.parse(try #require(watch.event(change, bench.now + .seconds(7))))
    #expect(line[.object]["rows"][0]["cells"].elements.last?.string == "7s")
  }
}
