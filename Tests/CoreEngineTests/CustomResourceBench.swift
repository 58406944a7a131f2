import CoreAPI
import CoreObjects
import Testing

/// A cluster with one kind more: CronTab of stable.example.com.
struct CustomResourceBench {
  static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  static let path = "/apis/stable.example.com/v1/namespaces/default/crontabs"

  var bench: EngineBench

  init(_ change: (inout JSON) -> Void = { _ in }) {
    bench = EngineBench(node: false)
    var definition = CustomResourceBench.definition
    change(&definition)
    let answer = bench.send("POST", CustomResourceBench.definitions, definition)
    #expect(answer.status == 201, "\(answer.body)")
  }

  static func json(_ text: String) -> JSON {
    do { return try JSONParser.parse(text) } catch {
      Issue.record("\(error): \(text)")
      return .null
    }
  }

  static var definition: JSON {
    json(
      """
      {"metadata": {"name": "crontabs.stable.example.com"},
       "spec": {
         "group": "stable.example.com", "scope": "Namespaced",
         "names": {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"], "categories": ["all"]},
         "versions": [{
           "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": \(schema)},
           "subresources": {"status": {}, "scale": {
             "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
             "labelSelectorPath": ".status.selector"}},
           "additionalPrinterColumns": [
             {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec", "description": "when"},
             {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\\"Ready\\")].status"},
             {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
             {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp"}],
           "selectableFields": [{"jsonPath": ".spec.image"}]}]}}
      """)
  }

  static let schema = """
    {"type": "object", "properties": {
      "spec": {"type": "object", "required": ["cronSpec"], "properties": {
        "cronSpec": {"type": "string", "minLength": 3, "maxLength": 20, "description": "when it runs"},
        "image": {"type": "string", "default": "busybox", "enum": ["busybox", "alpine", "none"]},
        "note": {"type": "string", "nullable": true},
        "replicas": {"type": "integer", "minimum": 0, "maximum": 10, "default": 1},
        "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 3, "items": {"type": "string"}},
        "steps": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "times": {"type": "integer", "default": 2}}}},
        "pod": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}}},
      "status": {"type": "object", "properties": {
        "replicas": {"type": "integer"}, "selector": {"type": "string"},
        "conditions": {"type": "array", "items": {"type": "object", "properties": {
          "type": {"type": "string"}, "status": {"type": "string"}}}}}}}}
    """

  @discardableResult
  mutating func send(_ method: String, _ path: String, _ body: String? = nil, type: String = "application/json")
    -> EngineBench.Answer
  {
    bench.send(method, path, body.map(CustomResourceBench.json), type: type)
  }

  /// A new CronTab "a" with this spec.
  @discardableResult
  mutating func create(_ spec: String, name: String = "a", query: String = "") -> EngineBench.Answer {
    send(
      "POST", CustomResourceBench.path + query,
      """
      {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "\(name)"}, "spec": \(spec)}
      """)
  }

  /// "path reason" of each cause of a refusal.
  static func causes(_ answer: EngineBench.Answer) -> [String] {
    answer.body[.details]["causes"].elements.map { "\($0["field"].string ?? "") \($0[.reason].string ?? "")" }
  }
}

enum APIRequestOf {
  /// A list as kubectl get asks for it.
  static func table(_ path: String) -> APIRequest {
    APIRequest(
      method: "GET", path: path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io", userAgent: "tests/1",
      credential: EngineBench.admin)
  }
}
