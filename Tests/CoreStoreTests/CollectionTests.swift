import Testing

@testable import CoreObjects

@Suite("Collections of resources and namespaces")
struct CollectionTests {
  private func object(_ key: ObjectKey) -> JSON {
    ["metadata": ["name": .string(key.name), "namespace": .string(key.namespace), "uid": .string("\(key)")]]
  }

  @Test("many resources in many namespaces come and go, and each object is found as in a dictionary")
  func model() {
    var store = Store(logLimit: 10)
    var model: [ObjectKey: UInt64] = [:]
    var state: UInt64 = 1
    func draw(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33 % bound
    }
    let resources = (0..<30).map { ResourceID($0 % 3 == 0 ? "" : "group\($0 % 3)", "resources\($0)") }
    for _ in 0..<4_000 {
      let key = ObjectKey(resources[Int(draw(30))], namespace: "namespace-\(draw(20))", "object-\(draw(6))")
      if draw(5) < 2 {
        #expect((store.remove(key) != nil) == (model.removeValue(forKey: key) != nil))
      } else {
        #expect((store.put(key, object(key)).previous != nil) == (model[key] != nil))
        model[key] = store.revision
      }
    }
    for resource in resources {
      let keys = model.keys.filter { $0.resource == resource }.sorted()
      #expect(store.list(resource).map(\.key) == keys && store.count(resource) == keys.count)
      for namespace in Set(keys.map(\.namespace)).union(["nowhere"]) {
        #expect(store.list(resource, namespace: namespace).map(\.key) == keys.filter { $0.namespace == namespace })
      }
      for key in keys { #expect(store.get(key)?.revision == model[key]) }
    }
    #expect(store.get(ResourceID("", "unknown"), "object-1") == nil && store.count(ResourceID("", "unknown")) == 0)
    #expect(store.resources == Set(model.keys.map(\.resource)).sorted())
  }

  @Test("a map of resources keeps one value for each, in its place until another resource comes")
  func resourceMap() {
    var map = ResourceMap<Int>()
    let resources = (0..<100).map { ResourceID("group", "resource-\($0)") }
    #expect(map[resources[0]] == nil && map.place(of: resources[0]) == nil)
    for (number, resource) in resources.enumerated() {
      let place = map.reserve(resource, number)
      map[place] += 1_000
      #expect(map.reserve(resource, 7) == place)
    }
    for (number, resource) in resources.enumerated() { #expect(map[resource] == number + 1_000) }
    #expect(map[ResourceID("other", "resource-1")] == nil)
    #expect(Set(map.resources) == Set(resources))
  }

  @Test("the first bytes of names are in the order of the names, as far as they tell")
  func prefixes() {
    let parts = ["", "a", "b", "-", "é", "\u{0}", "日本", "abcdefg", "abcdefgh", "abcdefghi"]
    let names = parts.flatMap { first in parts.map { first + $0 } }
    for left in names {
      for right in names {
        let (before, after) = (NamePrefix(left), NamePrefix(right))
        if before < after { #expect(left.precedes(right), "\(left) \(right)") }
        if before == after { #expect(left.utf8.prefix(16).filter { $0 != 0 } == right.utf8.prefix(16).filter { $0 != 0 }) }
      }
    }
    let longer = names.flatMap { name in ["", "é-", "checkout-5d4c9b7f4d-"].map { $0 + name } }
    for left in longer {
      for right in longer { #expect(left.precedes(right) == left.utf8.lexicographicallyPrecedes(right.utf8), "\(left) \(right)") }
    }
    #expect(NamePrefix("job-1234567890-a") < NamePrefix("job-1234567890-b") && NamePrefix("a") < NamePrefix("a\u{1}"))
  }
}
