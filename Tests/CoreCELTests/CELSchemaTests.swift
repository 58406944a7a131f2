import CoreCEL
import CoreObjects
import Testing

@Suite("Expressions see objects as their schemas describe them")
struct CELSchemaTests {
  private static let schema: JSON = [
    "type": "object", "required": ["replicas"],
    "properties": [
      "replicas": ["type": "integer"], "maxReplicas": ["type": "integer"], "ratio": ["type": "number"],
      "name": ["type": "string"],
      "a-b.c/d__e": ["type": "string"], "namespace": ["type": "string"], "port": ["x-kubernetes-int-or-string": true],
      "start": ["type": "string", "format": "date-time"], "day": ["type": "string", "format": "date"],
      "wait": ["type": "string", "format": "duration"],
      "data": ["type": "string", "format": "byte"], "maybe": ["type": "string", "nullable": true],
      "labels": ["type": "object", "additionalProperties": ["type": "string"]],
      "any": ["x-kubernetes-preserve-unknown-fields": true],
      "open": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
      "tags": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
      "items": [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key"],
        "items": ["type": "object", "properties": ["key": ["type": "string"], "value": ["type": "integer"]]],
      ],
      "plain": ["type": "array", "items": ["type": "integer"]],
      "template": ["type": "object", "x-kubernetes-embedded-resource": true],
    ],
  ]

  private static let object: JSON = [
    "replicas": 2, "maxReplicas": 3, "ratio": 1, "name": "web", "a-b.c/d__e": "odd", "namespace": "ns", "port": "http",
    "start": "2023-02-03T04:05:06Z",
    "day": "2023-02-03", "wait": "1h", "data": "aGk=", "labels": ["app": "x", "b/c": "y"], "any": ["z": 1], "open": ["z": 1],
    "tags": ["a", "b"],
    "items": [["key": "a", "value": 1], ["key": "b", "value": 2]], "plain": [1, 2],
    "template": ["kind": "Pod", "metadata": ["name": "p"]],
  ]

  private func evaluate(_ text: String, _ object: JSON = Self.object, old: JSON? = nil) throws -> CELValue {
    var environment = CELEnvironment()
    let schema = try #require(CELSchema.make(openAPI: Self.schema))
    let places = (environment.declare("self", schema), environment.declare("oldSelf", schema))
    let program = try environment.compile(text)
    var evaluation = CELEvaluation(count: environment.count)
    evaluation[places.0] = try CELValue(object, schema)
    if let old { evaluation[places.1] = try CELValue(old, schema) }
    return try program.evaluate(&evaluation)
  }

  @Test(
    "fields have their types and values",
    arguments: [
      "self.replicas <= self.maxReplicas", "self.ratio == 1.0 && type(self.ratio) == double",
      "self.name == 'web' && self.__namespace__ == 'ns'",
      "self.a__dash__b__dot__c__slash__d__underscores__e == 'odd'", "type(self.port) == string && self.port == 'http'",
      "self.start.getHours() == 4 && self.day == timestamp('2023-02-03T00:00:00Z')",
      "self.wait == duration('60m') && self.data == b'hi'",
      "self.labels['b/c'] == 'y' && self.labels.all(k, self.labels[k] != '') && self.labels.size() == 2 && self.labels.app == 'x'",
      "!has(self.maybe) && has(self.labels) && 'a' in self.tags",
      "self.items.exists(i, i.key == 'b' && i.value == 2) && self.items.map(i, i.value).sum() == 3",
      "self.template.kind == 'Pod' && self.template.metadata.name == 'p'",
      "self.plain == [1, 2] && self.plain + [3] == [1, 2, 3] && self.plain[1] == 2", "self.labels == {'app': 'x', 'b/c': 'y'}",
      "self.?maybe.orValue('none') == 'none' && self.labels[?'app'].hasValue()",
      "has(self.open) && self.tags.size() == 2",
    ])
  func fields(text: String) throws { #expect(try evaluate(text) == .bool(true)) }

  @Test(
    "what a schema does not describe is not seen",
    arguments: [
      "self.any", "self.open.z", "self.none", "self.template.spec", "self.items[0].other", "self.name.x", "self.namespace",
      "has(self.none)",
    ])
  func unseen(text: String) { #expect(throws: CELCompileError.self) { try evaluate(text) } }

  @Test("lists of the types set and map are equal in any order, and joined by what tells their elements apart")
  func lists() throws {
    var other = Self.object
    other["tags"] = ["b", "a"]
    other["items"] = [["key": "b", "value": 2], ["key": "a", "value": 1]]
    #expect(
      try evaluate("self.tags == oldSelf.tags && self.items == oldSelf.items && self == oldSelf", old: other) == .bool(true))
    #expect(
      try evaluate("self.tags + ['b', 'c'] == ['a', 'b', 'c'] && (self.tags + oldSelf.tags).size() == 2", old: other)
        == .bool(true))
    #expect(try evaluate("(self.items + oldSelf.items).size() == 2", old: other) == .bool(true))
    other["items"] = [["key": "b", "value": 5], ["key": "d", "value": 1]]
    #expect(
      try evaluate("(self.items + oldSelf.items).map(i, i.value) == [1, 5, 1] && self.items != oldSelf.items", old: other)
        == .bool(true))
    other["plain"] = [2, 1]
    #expect(try evaluate("self.plain != oldSelf.plain", old: other) == .bool(true))
  }

  @Test("what expressions do not see counts where objects are compared")
  func equality() throws {
    var other = Self.object
    other["any"] = ["z": 2]
    #expect(try evaluate("self == oldSelf", old: other) == .bool(false))
    #expect(try evaluate("self == oldSelf", old: Self.object) == .bool(true))
  }

  @Test("data that is not what the schema says fails, and only where it is read")
  func data() throws {
    let wrong: JSON = ["replicas": "two", "maxReplicas": 3]
    #expect(throws: CELFailure.self) { try evaluate("self.replicas > 1", wrong) }
    #expect(try evaluate("self.maxReplicas == 3", wrong) == .bool(true))
    #expect(throws: CELFailure.self) { try evaluate("self.name == ''", wrong) }
  }

  @Test("at the root of a resource its kind and name are seen")
  func root() throws {
    let schema = try #require(
      CELSchema.make(openAPI: ["type": "object", "properties": ["spec": ["type": "object"]]], isResourceRoot: true))
    var environment = CELEnvironment()
    environment.declare("self", schema)
    #expect(throws: Never.self) {
      try environment.compile("self.kind + self.apiVersion + self.metadata.name + self.metadata.generateName")
    }
    #expect(throws: CELCompileError.self) { try environment.compile("self.metadata.labels") }
    #expect(CELSchema.make(openAPI: ["x-kubernetes-preserve-unknown-fields": true]) == nil)
    #expect(CELSchema.make(openAPI: ["type": "array", "items": ["x-kubernetes-preserve-unknown-fields": true]]) == nil)
  }

  @Test("names are escaped so that expressions can call them")
  func names() {
    #expect(
      CELName.escape("a-b") == "a__dash__b" && CELName.escape("namespace") == "__namespace__"
        && CELName.escape("a__b") == "a__underscores__b")
    #expect(
      CELName.escape("1a") == nil && CELName.escape("") == nil && CELName.escape("a b") == nil
        && CELName.escape("a___b") == "a__underscores___b")
  }

  @Test("composed variables are evaluated once, where they are used")
  func composed() throws {
    var environment = CELEnvironment()
    let place = environment.declare("object", nil)
    try environment.define("double", "object.n * 2")
    try environment.define("bad", "1 / 0")
    let program = try environment.compile("variables.double == 6 && variables.double < 7", expecting: .bool)
    var evaluation = CELEvaluation(count: environment.count)
    evaluation[place] = CELValue(["n": 3])
    #expect(try program.evaluate(&evaluation) == .bool(true))
    let first = evaluation.lastCost
    #expect(try program.evaluate(&evaluation) == .bool(true) && evaluation.lastCost < first)
    #expect(throws: CELFailure.self) { try environment.compile("variables.bad == 1").evaluate(&evaluation) }
    #expect(throws: CELCompileError.self) { try environment.compile("variables.none") }
  }

  @Test("objects and patches are constructed where that is allowed")
  func messages() throws {
    var environment = CELEnvironment()
    environment.allowsMessages = true
    var evaluation = CELEvaluation(count: 0)
    let object = try environment.compile("Object{spec: Object.spec{replicas: 3, ?paused: optional.none()}}")
    #expect(try object.evaluate(&evaluation).json == ["spec": ["replicas": 3]])
    let patch = try environment.compile(
      "[JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c~d'), value: Object.x{y: [1]}}]")
    #expect(try patch.evaluate(&evaluation).json == [["op": "add", "path": "/a/b~1c~0d", "value": ["y": [1]]]])
    #expect(throws: CELCompileError.self) { try environment.compile("JSONPatch{nope: 1}") }
    #expect(throws: CELCompileError.self) { try environment.compile("JSONPatch{op: 1}") }
    #expect(throws: CELCompileError.self) { try CELEnvironment().compile("jsonpatch.escapeKey('a')") }
  }

  @Test("the type of a constructed object is the way to its field")
  func misplaced() throws {
    var environment = CELEnvironment()
    environment.allowsMessages = true
    func found(_ text: String) throws -> String? {
      var evaluation = CELEvaluation(count: 0)
      guard case .message(let message) = try environment.compile(text).evaluate(&evaluation) else { return "no object" }
      return message.misplaced.map { "\($0.typeName) for \($0.expected)" }
    }
    #expect(try found("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'a'}]}}") == nil)
    #expect(try found("Object{spec: Object.status{}}") == "Object.status for Object.spec")
    #expect(try found("Object{spec: Object.spec{l: [{'a': Object.x{}}]}}") == "Object.x for Object.spec.l")
  }
}
