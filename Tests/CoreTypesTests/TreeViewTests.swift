import CoreJSON
import CoreTypes
import Testing

@Suite("Views of trees")
struct TreeViewTests {
  @Test("a field that is set keeps its place, one that is set to what it has changes nothing, and one that is taken away goes")
  func leaves() {
    var metadata = ObjectMeta(tree: ["name": "a", "uid": "1"])
    metadata.name = "a"
    #expect(metadata.tree.members.map(\.key.name) == ["name", "uid"])
    metadata.name = "b"
    #expect(metadata.tree == ["name": "b", "uid": "1"])
    #expect(metadata.tree.members.map(\.key.name) == ["name", "uid"])
    metadata.uid = nil
    metadata.namespace = nil
    #expect(metadata.tree == ["name": "b"])
  }

  @Test("a field that is taken away from nothing leaves an object")
  func nothing() {
    var metadata = ObjectMeta(tree: .null)
    metadata.name = nil
    #expect(metadata.tree.isObject)
  }
}
