import CoreAPI
import CoreEngine
import CoreObjects
import Testing

@Suite("The engine")
struct EngineTests {
  @Test("a write is in the journal before its answer, and before the watches hear of it")
  func order() {
    var bench = EngineBench()
    let watch = bench.open("GET", EngineBench.configMaps + "?watch=true")
    bench.transcript = []
    let id = bench.open("POST", EngineBench.configMaps, EngineBench.configMap("a"))
    #expect(bench.answers[id]?.status == 201)
    let revision = bench.engine.store.revision
    #expect(bench.transcript == ["put configmaps/default/a \(revision)", "feed [\(watch)] ADDED a", "answer \(id) 201"])
  }

  @Test("a refused request is answered and writes nothing")
  func refused() {
    var bench = EngineBench()
    bench.transcript = []
    let id = bench.open("POST", EngineBench.configMaps, ["metadata": ["name": "A"]])
    #expect(bench.transcript == ["answer \(id) 422"])
  }

  @Test("a watch begins with the state, hears every change in order, and hears no more once closed")
  func watches() {
    var bench = EngineBench(node: false)
    bench.send("POST", EngineBench.configMaps, EngineBench.configMap("a"))
    let watch = bench.open("GET", EngineBench.configMaps + "?watch=true&fieldSelector=metadata.name%3Da")
    bench.send("PUT", EngineBench.configMaps + "/a", EngineBench.configMap("a", "2"))
    bench.send("PUT", EngineBench.configMaps + "/a", EngineBench.configMap("a", "2"))
    bench.send("POST", EngineBench.configMaps, EngineBench.configMap("b"))
    bench.send("DELETE", EngineBench.configMaps + "/a")
    #expect(bench.feeds[watch] == ["ADDED a", "MODIFIED a", "DELETED a"])
    bench.step(.watchClosed(watch))
    bench.send("POST", EngineBench.configMaps, EngineBench.configMap("a"))
    #expect(bench.feeds[watch]?.count == 3 && bench.engine.watchCount == 0)
  }

  @Test("a watch ends after its timeoutSeconds, and gets a bookmark every minute where it wants them")
  func timeouts() {
    var bench = EngineBench(node: false)
    let short = bench.open("GET", EngineBench.configMaps + "?watch=true&timeoutSeconds=90")
    let marked = bench.open("GET", "/api/v1/nodes?watch=true&allowWatchBookmarks=true")
    bench.run(seconds: 89)
    #expect(bench.ended == [])
    bench.run(seconds: 2)
    #expect(bench.ended == [short] && bench.engine.watchCount == 1)
    bench.run(seconds: 60)
    #expect(bench.feeds[marked] == ["BOOKMARK ", "BOOKMARK "])
  }

  @Test("a Deployment becomes running pods; scaling and deleting it takes them away")
  func deployment() {
    var bench = EngineBench()
    bench.send("POST", EngineBench.deployments, EngineBench.deployment("d", replicas: 3))
    bench.run(seconds: 5)
    #expect(bench.phases() == ["Running", "Running", "Running"])
    #expect(bench.send("GET", EngineBench.deployments + "/d").body[.status][.readyReplicas] == 3)
    let scale: JSON = ["spec": ["replicas": 1]]
    bench.send("PATCH", EngineBench.deployments + "/d/scale", scale, type: "application/merge-patch+json")
    bench.run(seconds: 60)
    #expect(bench.phases() == ["Running"])
    bench.send("DELETE", EngineBench.deployments + "/d")
    bench.run(seconds: 60)
    #expect(bench.phases() == [])
    #expect(bench.send("GET", "/apis/apps/v1/namespaces/default/replicasets").body[.items].elements.isEmpty)
  }

  @Test("more work than one step's budget is done in the steps that the engine asks for")
  func budget() {
    var bench = EngineBench()
    for number in 0..<6 { bench.send("POST", EngineBench.deployments, EngineBench.deployment("d\(number)", replicas: 15)) }
    bench.run(seconds: 10)
    #expect(bench.phases().filter { $0 == "Running" }.count == 90)
    #expect(bench.engine.backlog == 0)
  }

  @Test("the control plane's own events have the form that a client's must have")
  func ownEvents() {
    var bench = EngineBench()
    bench.send("POST", EngineBench.deployments, EngineBench.deployment("d", replicas: 2))
    bench.run(seconds: 20)
    let events = bench.engine.store.list(.events)
    #expect(
      Set(events.map { $0.view(Event.self).reason ?? "" }).isSuperset(of: ["ScalingReplicaSet", "SuccessfulCreate", "Scheduled"]))
    for event in events {
      var copy = event.tree
      for key in [Key.uid, .resourceVersion, .creationTimestamp] { copy[.metadata].remove(key) }
      copy[.metadata].put(.name, .string("copy." + event.key.name))
      let path = "/api/v1/namespaces/\(event.key.namespace)/events?fieldValidation=Strict"
      let id = bench.open("POST", path, copy)
      #expect(bench.answers[id]?.status == 201, "\(event.tree)")
      var made = bench.answers[id]?.body ?? .null
      for key in [Key.name, .uid, .resourceVersion, .creationTimestamp] { made[.metadata].put(key, event.tree[.metadata][key]) }
      #expect(made == event.tree)
    }
  }

  @Test("the scheduler's events have one time, in microseconds, and say what was done; the others have two, in seconds")
  func timesOfEvents() throws {
    var bench = EngineBench()
    bench.send("POST", EngineBench.deployments, EngineBench.deployment("d", replicas: 1))
    bench.run(seconds: 20)
    let items = bench.send("GET", "/api/v1/namespaces/default/events").body[.items].elements
    let scheduled = try #require(items.first { $0[.reason] == "Scheduled" })
    #expect(scheduled[.action] == "Binding" && scheduled[.reportingComponent] == "default-scheduler" && scheduled[.source] == [:])
    #expect(scheduled[.reportingInstance] == "default-scheduler-control-plane")
    #expect(scheduled[.eventTime].string?.utf8.count == 27 && scheduled[.firstTimestamp].isNull && scheduled[.count].isNull)
    let started = try #require(items.first { $0[.reason] == "Started" })
    #expect(started[.eventTime].isNull && started[.firstTimestamp].string?.utf8.count == 20 && started[.count] == 1)
  }

  @Test("repeated events are counted, not listed again and again")
  func events() {
    var bench = EngineBench()
    var tree = EngineBench.deployment("d", replicas: 1)
    tree[.spec][.template][.spec].put(.volumes, [["name": "v", "configMap": ["name": "missing"]]])
    bench.send("POST", EngineBench.deployments, tree)
    bench.run(seconds: 300)
    let items = bench.send("GET", "/api/v1/namespaces/default/events").body[.items].elements
    #expect(items.filter { $0[.reason] == "FailedMount" }.count == 1)
    #expect(bench.phases() == ["Pending"])
    bench.send("POST", EngineBench.configMaps, EngineBench.configMap("missing"))
    bench.run(seconds: 1)
    #expect(bench.phases() == ["Running"])
  }
}

@Suite("The engine after a restart")
struct RestartTests {
  /// A history with all sorts of writes.
  private func played(seed: UInt64 = 1) -> EngineBench {
    var bench = EngineBench(seed: seed)
    bench.send("POST", EngineBench.deployments, EngineBench.deployment("d", replicas: 3))
    bench.send("POST", EngineBench.configMaps, EngineBench.configMap("gone"))
    bench.run(seconds: 20)
    bench.send("DELETE", EngineBench.configMaps + "/gone")
    bench.send(
      "PATCH", EngineBench.deployments + "/d?fieldManager=me", EngineBench.apply("d"), type: "application/apply-patch+yaml")
    bench.run(seconds: 60)
    return bench
  }

  @Test("the journal's records give the same objects and the same revision")
  func replays() {
    let bench = played()
    let store = EngineBench.store(from: bench.journal)
    #expect(EngineBench.image(store) == bench.image)
    #expect(store.revision == bench.engine.store.revision)
    #expect(store.get(.configMaps, namespace: "default", "gone") == nil)
  }

  @Test("every prefix of the journal is a state that the engine can start from", arguments: [1, 7, 20, 33, 50])
  func prefixes(count: Int) {
    let bench = played()
    var again = EngineBench(seed: 2, journal: Array(bench.journal.prefix(count)), at: bench.now)
    again.run(seconds: 120)
    #expect(again.engine.backlog == 0)
    let isThere = again.engine.store.get(.deployments, namespace: "default", "d") != nil
    #expect(again.phases() == (isThere ? ["Running", "Running", "Running"] : []))
  }

  @Test("after a restart nothing is made anew, and revisions go on")
  func continues() throws {
    let bench = played()
    let revision = bench.engine.store.revision
    var again = EngineBench(seed: 2, journal: bench.journal, at: bench.now)
    again.run(seconds: 60)
    let before = bench.engine.store.list(.pods).map(\.uid)
    #expect(again.engine.store.list(.pods).map(\.uid) == before)
    #expect(again.phases() == ["Running", "Running", "Running"])
    again.send("POST", EngineBench.configMaps, EngineBench.configMap("new"))
    let made = try #require(again.engine.store.get(.configMaps, namespace: "default", "new"))
    #expect(made.revision > revision)
    let owners = again.send("GET", EngineBench.deployments + "/d").body[.metadata][.managedFields].elements
    #expect(owners.contains { $0["manager"] == "me" && $0["operation"] == "Apply" })
  }

  @Test("a watch from before the restart is told to begin anew")
  func oldWatch() {
    let bench = played()
    var again = EngineBench(journal: bench.journal, at: bench.now)
    let watch = again.open("GET", EngineBench.configMaps + "?watch=true&resourceVersion=3")
    #expect(again.answers[watch]?.status == 410 || again.feeds[watch]?.first?.hasPrefix("ERROR") == true)
  }

  @Test("the same inputs give the same effects, line by line; another seed gives other names")
  func deterministic() {
    let (one, two, other) = (played(), played(), played(seed: 9))
    #expect(one.transcript == two.transcript && one.image == two.image)
    #expect(one.transcript != other.transcript)
    #expect(one.transcript.count > 100)
  }
}

extension EngineBench {
  static func apply(_ name: String) -> JSON {
    ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name), "labels": ["mine": "yes"]]]
  }
}
