import CoreObjects
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

  @Test(
    "what is made in one piece has its members in the order that the schema names, without what is nil or absent unless it is always there"
  )
  func made() {
    let metadata = ObjectMeta.make(namespace: "n", labels: TextMap(tree: .null), annotations: TextMap(["a": "1"]))
    #expect(metadata.tree.members.map(\.key.name) == ["namespace", "annotations"])
    let reference = OwnerReference.make(apiVersion: "v1", kind: "Pod", name: "p", controller: true)
    #expect(reference.tree.members.map(\.key.name) == ["apiVersion", "kind", "name", "uid", "controller"])
    #expect(reference.controller == true && reference.uid == "")
    #expect(ContainerState.make().tree == [:])
  }
}
