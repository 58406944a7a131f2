import CoreAPI
import CoreObjects
import Testing

@Suite("Sets of fields")
struct FieldSetTests {
  private let type = Schema.shared.type("core.v1.PodSpec")!

  private func set(_ tree: JSON) -> FieldSet { Schema.shared.fieldSet(of: tree, type) }

  @Test("fieldsV1 reads back what it writes")
  func roundTrip() throws {
    let set = set(["containers": [["name": "a", "image": "i", "args": ["x"]]], "nodeSelector": ["k": "v"], "hostNetwork": true])
    let bytes = set.fieldsV1.encoded()
    #expect(FieldSet(fieldsV1: try JSONParser.parse(bytes)) == set)
    #expect(
      set.paths == [
        ".containers[name=\"a\"]", ".containers[name=\"a\"].args", ".containers[name=\"a\"].image",
        ".containers[name=\"a\"].name",
        ".hostNetwork", ".nodeSelector",
      ])
  }

  @Test("union, intersection and difference")
  func algebra() {
    let one = set(["hostNetwork": true, "hostPID": true])
    let two = set(["hostPID": true, "hostIPC": true])
    #expect(one.union(two).paths == [".hostIPC", ".hostNetwork", ".hostPID"])
    #expect(one.intersection(two).paths == [".hostPID"])
    #expect(one.subtracting(two).paths == [".hostNetwork"])
    #expect(one.subtracting(one).isEmpty)
  }

  @Test("a difference tells what was set and what was removed")
  func difference() {
    let old: JSON = ["containers": [["name": "a", "image": "i"], ["name": "b", "image": "i"]], "hostPID": true]
    let new: JSON = ["containers": [["name": "c", "image": "i"], ["name": "a", "image": "j"]], "hostIPC": true]
    let (set, removed) = Schema.shared.difference(from: old, to: new, type)
    #expect(
      set.paths == [
        ".containers[name=\"a\"].image", ".containers[name=\"c\"]", ".containers[name=\"c\"].image",
        ".containers[name=\"c\"].name", ".hostIPC",
      ])
    #expect(
      removed.paths == [".containers[name=\"b\"]", ".containers[name=\"b\"].image", ".containers[name=\"b\"].name", ".hostPID"])
  }

  @Test("removing an element takes it whole, and leaves it where another set has something in it")
  func removing() {
    let tree: JSON = ["containers": [["name": "a", "image": "i"], ["name": "b", "image": "i", "tty": true]]]
    let gone = set(["containers": [["name": "b", "image": "i"]]])
    let kept = set(["containers": [["name": "a", "image": "i"]]])
    #expect(Schema.shared.removing(gone, keeping: kept, from: tree, type) == ["containers": [["name": "a", "image": "i"]]])
    let shared = Schema.shared.removing(
      gone.subtracting(set(["containers": [["name": "b"]]])), keeping: set(["containers": [["name": "b"]]]), from: tree, type)
    #expect(shared == ["containers": [["name": "a", "image": "i"], ["name": "b", "tty": true]]])
  }

  @Test("applying merges elements by their keys and replaces what is atomic")
  func applied() {
    let live: JSON = ["containers": [["name": "a", "image": "i", "args": ["x"]]], "tolerations": [["key": "k"]]]
    let wanted: JSON = [
      "containers": [["name": "b", "image": "i"], ["name": "a", "args": ["y"]]], "tolerations": [["key": "l"]],
    ]
    #expect(
      Schema.shared.applied(wanted, to: live, type) == [
        "containers": [["name": "a", "image": "i", "args": ["y"]], ["name": "b", "image": "i"]], "tolerations": [["key": "l"]],
      ])
  }
}

@Suite("Sets of many fields", .timeLimit(.minutes(5)))
struct LargeFieldSetTests {
  @Test("an object with as many entries as fit into a body is compared and applied")
  func large() {
    let type = Schema.shared.type("core.v1.ConfigMap")!
    func map(_ value: JSON) -> JSON {
      ["data": .object((0..<60_000).map { Member(key: Key("key-\($0 * 7919 % 60_000)"), value: value) })]
    }
    let (set, removed) = Schema.shared.difference(from: map("1"), to: map("2"), type)
    #expect(set == Schema.shared.fieldSet(of: map("1"), type) && removed.isEmpty)
    #expect(set.subtracting(set).isEmpty && set.union(set) == set)
    #expect(Schema.shared.applied(map("2"), to: map("1"), type)["data"].members.count == 60_000)
  }
}
