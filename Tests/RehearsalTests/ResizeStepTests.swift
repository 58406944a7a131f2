import CoreObjects
import Rehearsal
import Testing

@Suite("A step of a rehearsal resizes a pod")
struct ResizeStepTests {
  private static let database = """
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers:
          - name: db
            image: db
            resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
    """

  private func play(_ resources: JSON) throws {
    var setting = RehearsalSetting()
    setting.seconds = 120
    let pod = try ObjectReferenceText("pod/db-0", at: "")
    let merge: JSON = ["spec": ["containers": [["name": "db", "resources": resources]]]]
    setting.steps = [RehearsalStep(60, .patch(pod, merge: merge, subresource: "resize"), at: "s.yaml:9")]
    _ = try RehearsalRun.play(setting.input(Self.database), name: "today")
  }

  @Test("as the API lets it, and is refused where the step stands otherwise")
  func resizes() throws {
    try play(["limits": ["cpu": "400m", "memory": "256Mi"]])
    let problem = #expect(throws: RehearsalError.self) { try play(["requests": ["cpu": "200m", "memory": "128Mi"]]) }
    #expect(problem?.place == "s.yaml:9")
    #expect(problem?.message.contains("Pod QOS Class may not change as a result of resizing") == true, "\(problem as Any)")
  }
}
