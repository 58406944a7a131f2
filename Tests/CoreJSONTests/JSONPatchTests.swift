import Testing

@testable import CoreObjects

@Suite("JSON Patch")
struct JSONPatchTests {
  private func patched(_ document: String, _ patch: String) throws -> String {
    try JSONPatch(JSONParser.parse(patch)).applied(to: JSONParser.parse(document)).description
  }

  @Test(
    "each operation does what RFC 6902 says",
    arguments: [
      (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
      (#"{"a":[1,3]}"#, #"[{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}]"#, #"{"a":[1,2,3,4]}"#),
      (#"{"a":{"b/c~d":1}}"#, #"[{"op":"remove","path":"/a/b~1c~0d"}]"#, #"{"a":{}}"#),
      (#"{"a":[1,2]}"#, #"[{"op":"replace","path":"/a/0","value":null}]"#, #"{"a":[null,2]}"#),
      (#"{"a":{"x":1},"b":{}}"#, #"[{"op":"move","from":"/a/x","path":"/b/y"}]"#, #"{"a":{},"b":{"y":1}}"#),
      (#"{"a":[1]}"#, #"[{"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b/0","value":1}]"#, #"{"a":[1],"b":[1]}"#),
      (#"{"a":1}"#, #"[{"op":"replace","path":"","value":[]}]"#, "[]"), (#"{"":1}"#, #"[{"op":"remove","path":"/"}]"#, "{}"),
    ])
  func operations(document: String, patch: String, result: String) throws {
    #expect(try patched(document, patch) == result)
  }

  @Test(
    "a patch that cannot apply names the operation and its path",
    arguments: [
      #"[{"op":"remove","path":"/x"}]"#, #"[{"op":"replace","path":"/a/5","value":1}]"#,
      #"[{"op":"add","path":"/a/5","value":1}]"#,
      #"[{"op":"add","path":"/x/y","value":1}]"#, #"[{"op":"test","path":"/a/0","value":2}]"#,
      #"[{"op":"move","from":"/a","path":"/a/0"}]"#, #"[{"op":"add","path":"/a/01","value":1}]"#,
    ])
  func notApplicable(patch: String) throws {
    let error = #expect(throws: JSONPatchError.self) { try patched(#"{"a":[1]}"#, patch) }
    #expect(error?.kind == .notApplicable)
    #expect(error?.message.hasPrefix("operation 0 (") == true)
  }

  @Test(
    "a malformed patch is refused before anything applies",
    arguments: [
      "{}", "[1]",
    ])
  func malformed(patch: String) throws {
    let error = #expect(throws: JSONPatchError.self) { try JSONPatch(JSONParser.parse(patch)) }
    #expect(error?.kind == .malformed)
  }

  @Test(
    "an operation that says nothing that can be done is refused as one that cannot be applied",
    arguments: [
      #"[{"path":"/a"}]"#, #"[{"op":"frob","path":"/a"}]"#, #"[{"op":"remove","path":"a"}]"#, #"[{"op":"remove","path":"/~2"}]"#,
      #"[{"op":"copy","path":"/a"}]"#,
    ])
  func inapplicable(patch: String) throws {
    let error = #expect(throws: JSONPatchError.self) { try JSONPatch(JSONParser.parse(patch)) }
    #expect(error?.kind == .notApplicable)
  }

  @Test("copies cannot make a document grow or nest without bound")
  func bombs() throws {
    let grow = "[" + Array(repeating: #"{"op":"copy","from":"","path":"/a"}"#, count: 300).joined(separator: ",") + "]"
    #expect(throws: JSONPatchError.self) { try patched("{}", grow) }
    let many =
      "[" + Array(repeating: #"{"op":"remove","path":"/a"}"#, count: JSONPatch.operationLimit + 1).joined(separator: ",") + "]"
    #expect(throws: JSONPatchError.self) { try JSONPatch(JSONParser.parse(many)) }
  }
}
