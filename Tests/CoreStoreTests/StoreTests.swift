import Testing

@testable import CoreObjects

@Suite("The store")
struct StoreTests {
  private func pod(_ name: String, owner: String? = nil) -> (ObjectKey, JSON) {
    var tree: JSON = ["metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-" + name)]]
    if let owner { tree[.metadata].put("ownerReferences", [["uid": .string(owner), "name": "o", "kind": "Job"]]) }
    return (ObjectKey(.pods, namespace: "default", name), tree)
  }

  @Test("a write raises the revision, and the object carries it")
  func revisions() {
    var store = Store()
    let (key, tree) = pod("a")
    let first = store.put(key, tree)
    let second = store.put(key, tree)
    #expect(first.kind == .added && second.kind == .modified)
    #expect(first.object.revision == 1 && second.object.revision == 2)
    #expect(second.object.tree[.metadata][.resourceVersion].string == "2")
    #expect(second.previous === first.object)
    #expect(store.remove(key)?.object.revision == 3)
    #expect(store.remove(key) == nil && store.revision == 3)
  }

  @Test("what many objects have in common with their neighbours is held once, and each is written as it was given")
  func shares() throws {
    var store = Store()
    func spec(_ number: Int, _ image: String) throws -> JSON {
      try JSONParser.parse(
        Array(#"{"volumes":[{"name":"v\#(number)"}],"containers":[{"name":"main","image":"\#(image)"}],"args":[]}"#.utf8))
    }
    func put(_ number: Int, _ image: String = "one", reversed: Bool = false) throws -> JSON {
      var (key, tree) = pod("pod-\(number)")
      var spec = try spec(number, image)
      if reversed, case .object(let members) = spec { spec = .object(members.reversed()) }
      tree.put(.spec, spec)
      let stored = store.put(key, tree).object.tree
      #expect(stored[.spec].encoded() == spec.encoded())
      return stored[.spec]
    }
    for number in 1000..<2000 { _ = try put(number) }
    let containers = try put(2000)[.containers].elements
    #expect(containers.isStorage(of: try put(2001)[.containers].elements))
    #expect(!containers.isStorage(of: try put(2002, "two")[.containers].elements))
    _ = try put(2003, reversed: true)
  }

  @Test("the index by owner follows changes of ownership and deletions")
  func owners() {
    var store = Store()
    for name in ["b", "a", "c"] {
      let (key, tree) = pod(name, owner: "o1")
      _ = store.put(key, tree)
    }
    #expect(store.owned(by: "o1").map(\.key.name) == ["a", "b", "c"])
    let (key, moved) = pod("b", owner: "o2")
    _ = store.put(key, moved)
    _ = store.remove(ObjectKey(.pods, namespace: "default", "a"))
    #expect(store.owned(by: "o1").map(\.key.name) == ["c"])
    #expect(store.owned(by: "o2").map(\.key.name) == ["b"])
    #expect(store.owned(by: "o").isEmpty)
  }

  @Test("a snapshot does not see later writes")
  func snapshots() {
    var store = Store()
    let (key, tree) = pod("a", owner: "o")
    let put = store.put(key, tree)
    let snapshot = store
    _ = store.remove(key)
    #expect(snapshot.get(key) === put.object && snapshot.revision == 1)
    #expect(snapshot.owned(by: "o").count == 1 && store.owned(by: "o").isEmpty)
    #expect(snapshot.log.changes(after: 0)?.count == 1 && store.log.changes(after: 0)?.count == 2)
  }

  @Test("a watch from before the compaction is told that its revision is gone")
  func compaction() {
    var store = Store(logLimit: 300)
    for i in 0..<1000 {
      let (key, tree) = pod("p\(i % 7)")
      _ = store.put(key, tree)
    }
    #expect(store.log.compactedRevision == 700)
    #expect(store.log.changes(after: 699) == nil)
    #expect(store.log.changes(after: 700)?.map(\.object.revision) == Array(701...1000))
    #expect(store.log.changes(after: 950)?.first?.object.revision == 951)
    #expect(store.log.changes(after: 1000)?.isEmpty == true)
    store.restore(revision: 2000)
    #expect(store.log.changes(after: 1999) == nil && store.log.changes(after: 2000)?.isEmpty == true)
  }

  @Test("a store without a log tells what is new from now on, and nothing of before")
  func noLog() {
    var store = Store(logLimit: 0)
    for name in ["a", "b", "a"] {
      let (key, tree) = pod(name)
      _ = store.put(key, tree)
    }
    #expect(store.log.compactedRevision == 3)
    #expect(store.log.changes(after: 2) == nil)
    #expect(store.log.changes(after: 3)?.isEmpty == true)
  }

  @Test("names are told apart and sorted by their bytes: alike ones, letters with marks, and those that begin the same")
  func byteOrder() {
    let names = [
      "z", "abcdefgh", "abcdefg", "abcdefgha", "e\u{301}", "\u{e9}", "f", "abcdefgi", "abcdefgh-2", "\u{1F30A}", "e",
      "abcdefgh-10",
    ]
    var store = Store()
    for name in names { _ = store.put(ObjectKey(.roles, namespace: "default", name), ["metadata": ["name": .string(name)]]) }
    #expect(store.count(.roles) == names.count)
    let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(store.list(.roles).map { Array($0.key.name.utf8) } == sorted.map { Array($0.utf8) })
    #expect(store.list(.roles).map(\.key) == store.list(.roles).map(\.key).sorted())
    for name in names {
      let found = store.get(.roles, namespace: "default", name)
      #expect(found.map { Array($0.key.name.utf8) } == Array(name.utf8))
    }
    for name in names { #expect(store.remove(ObjectKey(.roles, namespace: "default", name)) != nil) }
    #expect(store.count(.roles) == 0)
  }

  @Test("lists stay sorted and replaying the watch gives the list, whatever is written", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func replay(seed: UInt64) throws {
    var random = seed
    func next(_ bound: UInt64) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((random >> 33) % bound)
    }
    var store = Store()
    var snapshot = store
    var model: [String: UInt64] = [:]
    for step in 0..<4000 {
      let namespace = ["b", "a", "c"][next(3)]
      let key = ObjectKey(.pods, namespace: namespace, "p\(next(500))")
      if next(3) == 0 {
        #expect((store.remove(key) != nil) == (model.removeValue(forKey: "\(key)") != nil))
      } else {
        model["\(key)"] = store.put(key, ["metadata": ["name": .string(key.name)]]).object.revision
      }
      if step == 2000 { snapshot = store }
    }
    let list = store.list(.pods)
    #expect(list.map(\.key) == list.map(\.key).sorted())
    #expect(Dictionary(uniqueKeysWithValues: list.map { ("\($0.key)", $0.revision) }) == model)
    #expect(store.count(.pods) == model.count)
    var replayed = Dictionary(uniqueKeysWithValues: snapshot.list(.pods).map { ($0.key, $0.revision) })
    for change in try #require(store.log.changes(after: snapshot.revision)) {
      replayed[change.object.key] = change.kind == .deleted ? nil : change.object.revision
    }
    #expect(replayed == Dictionary(uniqueKeysWithValues: list.map { ($0.key, $0.revision) }))
  }
}
