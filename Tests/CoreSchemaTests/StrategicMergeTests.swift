import CoreAPI
import CoreObjects
import Testing

@Suite struct StrategicMergeTests {
  private func merged(_ original: String, _ patch: String, _ typeName: String = "core.v1.Pod") throws -> JSON {
    let type = try #require(Schema.shared.type(typeName))
    var tree = try json(original)
    try Schema.shared.strategicMerge(original: &tree, patch: try json(patch), type)
    return tree
  }

  private func expect(_ original: String, _ patch: String, _ result: String, _ typeName: String = "core.v1.Pod") throws {
    #expect(try merged(original, patch, typeName) == json(result))
  }

  private func refusal(_ original: String, _ patch: String) throws -> String {
    do {
      return "no error: \(try merged(original, patch))"
    } catch let error as StrategicMergeError { return error.description }
  }

  @Test("kubectl patch cm -p {data: {size: 0}} changes one key and keeps the others")
  func configMap() throws {
    try expect(
      #"{"data":{"max":"500","size":"50"}}"#, #"{"data":{"size":"0"}}"#, #"{"data":{"max":"500","size":"0"}}"#,
      "core.v1.ConfigMap")
    try expect(
      #"{"data":{"max":"500","size":"50"}}"#, #"{"data":{"size":null}}"#, #"{"data":{"max":"500"}}"#, "core.v1.ConfigMap")
    try expect(#"{}"#, #"{"data":{"a":"b","c":null}}"#, #"{"data":{"a":"b"}}"#, "core.v1.ConfigMap")
  }

  @Test("containers merge by name; one that is new stands in front, as upstream puts it")
  func containers() throws {
    try expect(
      #"{"spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:1"}]}}"#,
      #"{"spec":{"containers":[{"name":"b","image":"b:2"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:2"}]}}"#)
    try expect(
      #"{"spec":{"containers":[{"name":"a","image":"a:1"}]}}"#, #"{"spec":{"containers":[{"name":"side","image":"s:1"}]}}"#,
      #"{"spec":{"containers":[{"name":"side","image":"s:1"},{"name":"a","image":"a:1"}]}}"#)
  }

  @Test("$patch: delete removes an element, null removes a field")
  func delete() throws {
    try expect(
      #"{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}],"image":"i"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","image":null,"env":[{"$patch":"delete","name":"X"}]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"2"}]}]}}"#)
    try expect(
      #"{"spec":{"nodeSelector":{"a":"b"}}}"#, #"{"spec":{"nodeSelector":{"$patch":"delete"}}}"#, #"{"spec":{"nodeSelector":{}}}"#
    )
  }

  @Test("$patch: replace takes the patch's object or list whole")
  func replace() throws {
    try expect(
      #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#, #"{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}"#,
      #"{"spec":{"containers":[{"name":"c"}]}}"#)
    try expect(
      #"{"metadata":{"labels":{"a":"1"}}}"#, #"{"metadata":{"labels":{"$patch":"replace","b":"2"}}}"#,
      #"{"metadata":{"labels":{"b":"2"}}}"#)
  }

  @Test("ports merge by containerPort alone")
  func ports() throws {
    try expect(
      #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":443}]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP","name":"http"},{"containerPort":443}]}]}}"#
    )
  }

  @Test("$setElementOrder reorders, and elements that only the server has keep their neighbours")
  func order() throws {
    let original = #"{"spec":{"containers":[{"name":"a"},{"name":"server"},{"name":"b"},{"name":"c"}]}}"#
    try expect(
      original, #"{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"a"},{"name":"b"}]}}"#,
      #"{"spec":{"containers":[{"name":"server"},{"name":"c"},{"name":"a"},{"name":"b"}]}}"#)
    try expect(
      original,
      #"{"spec":{"$setElementOrder/containers":[{"name":"a"},{"name":"new"},{"name":"b"},{"name":"c"}],"containers":[{"name":"new","image":"n"}]}}"#,
      #"{"spec":{"containers":[{"name":"a"},{"name":"new","image":"n"},{"name":"server"},{"name":"b"},{"name":"c"}]}}"#)
  }

  @Test("finalizers merge as a set and $deleteFromPrimitiveList takes them away")
  func finalizers() throws {
    try expect(
      #"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"finalizers":["c","a"]}}"#,
      #"{"metadata":{"finalizers":["c","a","b"]}}"#)
    try expect(
      #"{"metadata":{"finalizers":["a","b"]}}"#,
      #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b"]}}"#,
      #"{"metadata":{"finalizers":["b"]}}"#)
  }

  @Test("$retainKeys drops the fields that it does not list")
  func retainKeys() throws {
    try expect(
      #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
      #"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#, #"{"spec":{"strategy":{"type":"Recreate"}}}"#,
      "apps.v1.Deployment")
  }

  @Test("lists without a merge strategy are replaced")
  func atomicLists() throws {
    try expect(
      #"{"spec":{"containers":[{"name":"a","command":["x","y"]}],"tolerations":[{"key":"a"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","command":["z"]}],"tolerations":[{"key":"b"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","command":["z"]}],"tolerations":[{"key":"b"}]}}"#)
  }

  @Test("directives leave nothing behind where the original had nothing")
  func directivesOnNothing() throws {
    try expect(
      "{}",
      #"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","$patch":"merge","image":null,"env":[{"name":"X","$patch":"delete"}]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","env":[]}]}}"#)
  }

  @Test(
    "a patch that cannot be understood is refused with its place, and changes nothing",
    arguments: [
      (#"{"spec":{"containers":[{"image":"x"}]}}"#, "spec.containers[0]: the element has no merge key 'name'"),
      (#"{"spec":{"containers":["x"]}}"#, "spec.containers[0]: expected an object with the merge key 'name', found string"),
      (#"{"spec":{"$patch":"explode"}}"#, #"spec: $patch is "explode", not merge, replace or delete"#),
      (#"{"spec":{"containers":[{"$patch":"delete"}]}}"#, "spec.containers[0]: the element has no merge key 'name'"),
      (
        #"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"b"}]}}"#,
        #"spec.containers: $setElementOrder does not list the element "b", which the patch sets"#
      ),
      (#"{"spec":{"$setElementOrder/containers":5}}"#, "spec: $setElementOrder/containers must be a list"),
      (#"{"spec":{"$retainKeys":["a"],"b":1}}"#, "spec: $retainKeys does not list 'b', which the patch sets"),
      ("[1]", "the patch must be an object, not array"),
    ])
  func refusals(patch: String, message: String) throws {
    #expect(try refusal(#"{"spec":{"containers":[{"name":"a"}]}}"#, patch) == message)
  }
}
