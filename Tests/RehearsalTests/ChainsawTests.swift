import CoreObjects
import CoreReport
import EdgeClient
import Testing

@testable import Rehearsal

@Suite("A chainsaw test") struct ChainsawTests {
  private static let object: JSON = [
    "spec": ["replicas": 4, "image": "web:2"],
    "status": [
      "readyReplicas": 3,
      "conditions": [["type": "Available", "status": "True"], ["type": "Progressing", "status": "False"]],
    ],
  ]

  private func test(_ steps: String, _ timeouts: String = "") throws -> ChainsawTest {
    let text = "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\nspec:\n\(timeouts)  steps:\n\(steps)"
    return try ChainsawTest(YAMLReader.documents(text)[0], place: "t.yaml:1") { (name) throws(RehearsalError) in
      throw RehearsalError("no file \(name)")
    }
  }

  private func problem(_ steps: String) -> String {
    do {
      _ = try test(steps)
      return ""
    } catch { return "\(error)" }
  }

  @Test(
    "compares numbers and texts in parentheses, along paths, indices and filters",
    arguments: [
      ("spec.replicas > `3`", true), ("spec.replicas>=`5`", false), ("spec.image == 'web:2'", true),
      ("status.conditions[?type == 'Available'].status | ", nil), ("length(status.conditions) == `2`", true),
      ("status.conditions[0].type == 'Available' && !(spec.replicas < `4`)", true),
      ("status.conditions[-1].status == 'True' || spec.replicas != `4`", false),
      ("length(status.conditions[?status == 'True']) == `1`", true), ("spec.missing > `1`", false), ("3x", nil), ("'open", nil),
    ] as [(String, Bool?)])
  func expressions(text: String, expected: Bool?) throws {
    let value = try? ChainsawExpression(text).value(of: Self.object)
    #expect(value?.bool == expected)
  }

  @Test("wants what it names, lists of the same length, and lets the rest be")
  func partial() throws {
    func difference(_ wanted: JSON) throws -> String? { try ChainsawMatch.difference(wanted, Self.object) }
    #expect(try difference(["spec": ["replicas": 4]]) == nil)
    #expect(try difference(["spec": ["(replicas > `2`)": true, "image": "web:2"]]) == nil)
    #expect(try difference(["status": ["(conditions[?type == 'Available'])": [["status": "True"]]]]) == nil)
    #expect(try difference(["spec": ["replicas": 5]]) == "spec.replicas: 5 is wanted, it is 4")
    #expect(try difference(["spec": ["paused": true]]) == "spec.paused: true is wanted, it is not there")
    #expect(
      try difference(["status": ["conditions": [["type": "Available"]]]])
        == "status.conditions: 1 elements are wanted, there are 2")
  }

  @Test("is played in virtual time, operation after operation, each within its timeout")
  func played() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (120, 0.6)])
    setting.seconds = 1200
    var input = try setting.input()
    input.tests = [
      try test(
        """
          - name: grows
            try:
            - assert: {timeout: 5m, resource: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {(replicas > `8`): true}}}
            - error: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: new}}}
            - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {a: "1"}}}
            - patch: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {a: "2"}}}
            - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {a: "2"}}}
            - sleep: {duration: 90s}
            - wait: {apiVersion: apps/v1, kind: Deployment, name: web, for: {condition: {name: Available}}}
            - wait: {apiVersion: apps/v1, kind: Deployment, name: web, for: {jsonPath: {path: '{.status.readyReplicas}', value: '10'}}}
            - delete: {ref: {apiVersion: v1, kind: ConfigMap, name: new}}
            - wait: {apiVersion: v1, kind: ConfigMap, name: new, for: {deletion: {}}}
            - assert: {timeout: 20s, resource: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}}
            - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: never}}}
        """)
    ]
    let results = try RehearsalRun.play(input, name: "today").tests
    #expect(results.count == 11 && results.dropLast().allSatisfy(\.isMet), "\(results)")
    let last = try #require(results.last)
    #expect(!last.isMet && last.name == "t, grows: assert Deployment web")
    #expect(last.explanation == "spec.replicas: 3 is wanted, it is 10")
    #expect((230...500).contains(last.second ?? 0), "sleep and timeout pass in virtual time: \(last.second ?? 0)")
  }

  @Test("that does what is not played here, or is not understood, says so before anything is played")
  func refused() throws {
    #expect(problem("  - try: [{script: {content: ls}}]").contains("the operation 'script' is not played here"))
    #expect(
      problem("  - try: [{assert: {resource: {kind: Pod, (a >): true}}}]").contains("'(a >)' is not understood at character"))
    #expect(problem("  - try: [{sleep: {duration: long}}]").contains("is no duration"))
    #expect(problem("  - bindings: []\n    try: []").contains("'bindings' is not played here"))
    #expect(problem("  - try: [{assert: {file: a.yaml}}]") == "no file a.yaml")
    #expect(try test("  - try: [{assert: {resource: {kind: Pod}}}]", "  timeouts: {assert: 2m}\n").steps[0].timeoutSeconds == 120)
  }
}
