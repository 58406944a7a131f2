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
    let (tree, lines) = try YAMLReader.single(text)
    return try ChainsawTest(tree, FieldPlaces(file: "t.yaml", lines: lines)) { (name) throws(RehearsalError) in
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

  @Test(
    "waits as kubectl does: for conditions whatever their case and their generation, for paths as text",
    arguments: [
      ("condition: {name: Available}", true), ("condition: {name: available, value: 'TRUE'}", true),
      ("condition: {name: Progressing, value: 'true'}", false), ("condition: {name: Progressing, value: 'false'}", true),
      ("condition: {name: Failed}", false), ("jsonPath: {path: '{.status.readyReplicas}', value: '3'}", true),
      ("jsonPath: {path: '{.status.readyReplicas}', value: '4'}", false), ("jsonPath: {path: '{.status.readyReplicas}'}", true),
      ("jsonPath: {path: '{.status.replicas}'}", false), ("jsonPath: {path: .spec.image, value: ' web:2'}", true),
      ("jsonPath: {path: '{.status.conditions[0].status}', value: 'True'}", true),
      (#"jsonPath: {path: '{.status.conditions[?(@.type=="Available")].status}', value: 'True'}"#, true),
      (#"jsonPath: {path: '{.status.conditions[?(@.type=="Progressing")].status}', value: 'True'}"#, false),
      (#"jsonPath: {path: '{.status.conditions[?(@.type=="Failed")].status}'}"#, false),
      ("jsonPath: {path: '{.status.conditions[*].status}', value: 'True'}", false),
    ])
  func waits(goal: String, isMet: Bool) throws {
    let steps = try test("  - try: [{wait: {apiVersion: apps/v1, kind: Deployment, name: web, for: {\(goal)}}}]").steps
    guard case .wait(let wait) = steps[0].operation else { throw RehearsalError("no wait") }
    #expect((wait.difference(Self.object) == nil) == isMet, "\(wait.difference(Self.object) ?? "met")")
    var newer = Self.object
    newer.put(.metadata, ["generation": 2])
    newer[.status].put("observedGeneration", 1)
    if case .condition = wait.goal { #expect(wait.difference(newer) != nil) }
  }

  @Test("goes on behind an operation that failed only where it says so, and waits for nothing that is not there")
  func continues() throws {
    var input = try RehearsalSetting().input()
    input.tests = [
      try test(
        """
          - timeouts: {assert: 10s}
            try:
            - continueOnError: true
              assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: none}}}
            - wait: {apiVersion: v1, kind: Pod, selector: app=web, for: {condition: {name: ready}}}
            - wait: {apiVersion: v1, kind: Pod, timeout: 1m, selector: app=none, for: {condition: {name: ready}}}
            - sleep: {duration: 1s}
        """)
    ]
    let results = try RehearsalRun.play(input, name: "today").tests
    #expect(results.map(\.isMet) == [false, true, false], "\(results)")
    #expect(results.map(\.second) == [10, nil, 10] && results.last?.explanation == "there is no Pod to wait for", "\(results)")
  }

  @Test(
    "has no field that is not played, and says its line",
    arguments: [
      ("  bindings: [{name: a, value: b}]\n", "  - try: []", "t.yaml:5: spec: 'bindings' is not played here"),
      ("  timeouts: {asert: 1m}\n", "  - try: []", "t.yaml:5: timeouts: 'asert' is not played here"),
      (
        "", "  - try:\n    - sleep: {duration: 1s}\n    - script: {content: ls}",
        "t.yaml:8: step 1: the operation 'script' is not played here"
      ),
      (
        "", "  - try:\n    - assert:\n        timeot: 3m\n        resource: {kind: Pod}",
        "t.yaml:8: step 1: assert: 'timeot' is not played here"
      ),
      (
        "", "  - try:\n    - assert:\n        resource:\n          kind: Pod\n          status:\n            (a > `4`: true",
        "t.yaml:11: step 1: '(a > `4`' is not understood"
      ),
      ("", "  - try:\n    - apply: {resource: {kind: Pod}, expect: []}", "t.yaml:7: step 1: apply: 'expect' is not played here"),
      (
        "", "  - try:\n    - wait: {kind: Pod, selector: 'a!=b', for: {deletion: {}}}",
        "t.yaml:7: the selector 'a!=b' is not played here"
      ),
      (
        "", "  - try:\n    - apply: {resource: {kind: Pod, metadata: {namespace: ($namespace)}}}",
        "t.yaml:7: step 1: the expression '($namespace)' as a value is not played here"
      ),
      ("", "  - try:\n    - sleep: {duration: 1s}\n      delete: {}", "t.yaml:8: step 1: beside sleep there is 'delete'"),
    ])
  func fields(spec: String, steps: String, expected: String) {
    let error = #expect(throws: RehearsalError.self) { try test(steps, spec) }
    #expect(error?.description == expected)
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
