import CoreObjects
import Testing

@testable import CoreAPI

@Suite("JSONPath: paths of printer columns and selectable fields")
struct JSONPathTests {
  private static let object = #"""
    {"spec": {"replicas": 2, "containers": [{"name": "a", "port": 1}, {"name": "b", "port": 2}, {"name": "c"}]},
     "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
     "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Old", "status": "False"}]}}
    """#

  @Test(
    "what a path finds",
    arguments: [
      (".spec.replicas", "[2]"), ("{.spec.replicas}", "[2]"), ("$.spec.replicas", "[2]"), (".spec['replicas']", "[2]"),
      (#".metadata.labels['app\.kubernetes\.io/name']"#, #"["web"]"#),
      (#".metadata.labels.app\.kubernetes\.io/name"#, #"["web"]"#),
      (".spec.containers[0].name", #"["a"]"#), (".spec.containers[-1].name", #"["c"]"#), (".spec.containers[7].name", "[]"),
      (".spec.containers[*].name", #"["a","b","c"]"#), (".spec.containers[0:2].name", #"["a","b"]"#),
      (".spec.containers[1:].name", #"["b","c"]"#), (".spec.containers[::2].name", #"["a","c"]"#),
      (".spec.containers[0,2].name", #"["a","c"]"#), (".spec.containers[?(@.port)].name", #"["a","b"]"#),
      (".spec.containers[?(@.port>1)].name", #"["b"]"#), (".spec.containers[?(@.name!='a')].name", #"["b","c"]"#),
      (#".status.conditions[?(@.type=="Ready")].status"#, #"["True"]"#),
      (#".status.conditions[?(@.type == "None")].status"#, "[]"), ("..port", "[1,2]"), (".nothing.at.all", "[]"),
    ])
  func finds(_ path: String, _ expected: String) throws {
    let found = try JSONPath(path).find(in: try JSONParser.parse(Self.object))
    #expect(JSON.array(found).description == expected)
  }

  @Test(
    "what is no path", arguments: [".a[", ".a[?(@.b", ".a[x]", ".a.", ".a['b", ".a[1:2:0]", ".a]", ".a[?(@.b==x)]"])
  func refused(_ path: String) { #expect(throws: JSONPath.Problem.self) { try JSONPath(path) } }

  @Test("a path of names alone tells them, and no other does")
  func members() throws {
    #expect(try JSONPath(".spec.replicas").members == [.spec, .replicas])
    #expect(try JSONPath(".spec.items[0]").members == nil)
  }
}
