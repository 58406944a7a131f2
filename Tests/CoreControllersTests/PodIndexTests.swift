import CoreObjects
import Testing

@testable import CoreControllers

@Suite("The index of pods by their labels")
struct PodIndexTests {
  private static let namespaces = ["a", "b"]

  /// Pods that come, change and go, and the index that is told of each.
  private struct Cluster {
    var store = Store()
    var index = PodIndex()

    mutating func put(_ name: String, _ namespace: String, _ labels: [(String, String)], phase: String = "Running") {
      let members = labels.map { Member(key: Key($0.0), value: .string($0.1)) }
      let metadata: JSON = ["name": .string(name), "namespace": .string(namespace), "labels": .object(members)]
      index.record(
        store.put(ObjectKey(.pods, namespace: namespace, name), ["metadata": metadata, "status": ["phase": .string(phase)]]))
    }

    mutating func remove(_ name: String, _ namespace: String) {
      if let change = store.remove(ObjectKey(.pods, namespace: namespace, name)) { index.record(change) }
    }

    /// Names and revisions of what matches, without the index.
    func matching(_ selector: LabelSelector, _ namespace: String) -> [String] {
      PodIndexTests.told(
        store.list(.pods, namespace: namespace).filter { selector.matches(TextMap(tree: $0.tree[.metadata][.labels])) })
    }
  }

  private static func told(_ pods: [StoredObject]) -> [String] { pods.map { "\($0.key.name) \($0.revision)" } }

  private static func selector(_ labels: [(String, String)]) -> LabelSelector {
    LabelSelector(tree: ["matchLabels": .object(labels.map { Member(key: Key($0.0), value: .string($0.1)) })])
  }

  @Test("it finds what a look at every pod finds, and an answer that is current is still the right one", arguments: 1...40)
  func search(_ seed: Int) {
    var draw = RandomSource(seed: UInt64(seed))
    func labels(_ draw: inout RandomSource) -> [(String, String)] {
      ["app", "tier", "zone"].filter { _ in draw.below(2) == 0 }.map { ($0, ["x", "y"][draw.below(2)]) }
    }
    var cluster = Cluster()
    let asked = (0..<12).map { _ in (Self.selector(labels(&draw)), Self.namespaces[draw.below(2)]) }
    var known: [(watch: PodIndex.Watch, pods: [String])?] = Array(repeating: nil, count: asked.count)
    var (kept, found) = (0, 0)
    for _ in 0..<400 {
      let (name, namespace) = ("p\(draw.below(12))", Self.namespaces[draw.below(2)])
      if draw.below(4) == 0 { cluster.remove(name, namespace) } else { cluster.put(name, namespace, labels(&draw)) }
      // Each is asked now and then, so that label names come into use one by one, also between two changes.
      for place in asked.indices where draw.below(4) == 0 {
        let (selector, home) = asked[place]
        let expected = cluster.matching(selector, home)
        if let answer = known[place], cluster.index.isCurrent(answer.watch) {
          #expect(answer.pods == expected, "seed \(seed)")
          kept += 1
          continue
        }
        let watch = cluster.index.watch(selector, namespace: home, cluster.store)
        let pods = Self.told(cluster.index.pods(selector, namespace: home, cluster.store))
        #expect(pods == expected, "seed \(seed)")
        if let answer = known[place], answer.watch.version == watch.version { #expect(answer.pods == pods, "seed \(seed)") }
        found += pods.count
        known[place] = (watch, pods)
      }
    }
    #expect(kept > 10 && found > 100)
  }

  @Test("more label names than it keeps are still found, and answers of before are not taken for current")
  func limit() {
    var cluster = Cluster()
    let names = (0..<200).map { "label-\($0)" }
    cluster.put("all", "a", names.map { ($0, "x") })
    cluster.put("none", "a", [])
    for round in 0..<2 {
      for name in names {
        let selector = Self.selector([(name, "x"), (names[0], "x")])
        let watch = cluster.index.watch(selector, namespace: "a", cluster.store)
        #expect(Self.told(cluster.index.pods(selector, namespace: "a", cluster.store)) == cluster.matching(selector, "a"))
        cluster.put("all", "a", names.map { ($0, "x") }, phase: "\(round) \(name)")
        #expect(!cluster.index.isCurrent(watch))
      }
    }
    let whole = Self.selector(names.map { ($0, "x") })
    #expect(Self.told(cluster.index.pods(whole, namespace: "a", cluster.store)) == cluster.matching(whole, "a"))
  }
}
