import Foundation
import TestMachine
import Testing

@Suite(
  "wavetank rehearse with real containers", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct LiveRehearsalTests {
  private static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"

  /// A shell that sleeps uses many times the memory that it asks for.
  private static let manifests = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: web
            image: tools:test
            imagePullPolicy: Never
            command: [/bin/bash, -c, "while true; do sleep 1000; done"]
            resources: {requests: {memory: 16Ki}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      maxReplicas: 3
      metrics: [{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 100}}}]
    """

  private static let scenario = """
    apiVersion: wavetank.dev/v1alpha1
    kind: Scenario
    metadata: {name: small}
    spec:
      manifests: [app.yaml]
      length: 150s
      begins: "* * * * *"
      images: [{name: tools:test, tools: true}]
      load: [{metric: memory, constant: 1Mi, model: perPod}]
      steps:
      - {at: 40s, patch: {target: hpa/web, merge: {spec: {maxReplicas: 2}}}}
      - {at: 80s, kill: node}
      expect:
      - {reaches: {replicas: 3, within: 40s}, runs: [live]}
      - fallsTo: {replicas: 2, within: 60s, after: 60s}
      - apart: {replicas: 1, within: 30s}
    """

  @Test("plays a scenario on a cluster of its own beside its simulation, both in every file, and leaves nothing behind")
  func plays() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.manifests.write(toFile: folder + "/app.yaml", atomically: true, encoding: .utf8)
    try Self.scenario.write(toFile: folder + "/s.yaml", atomically: true, encoding: .utf8)
    let words = ["rehearse", "s.yaml", "--live", "--speed", "20", "--report", "a.html", "--csv", "a.csv", "--junit", "a.xml"]
    let outcome = try await Program.run(Self.wavetank, words, in: folder, environment: ["TMPDIR": folder])
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains("simulated  live"), "\(outcome)")
    #expect(outcome.output.contains("✓ the cluster and its simulation at most 1 pod and 0:30 apart (live)"), "\(outcome)")
    #expect(outcome.output.contains("live and simulated: as many pods outside of the 30 s after a change"), "\(outcome)")
    #expect(outcome.errors.contains("kill node is simulated only: no request takes a machine away"), "\(outcome)")
    #expect(outcome.errors.contains("this load is simulated only: the containers make their own load of memory"), "\(outcome)")
    let html = try String(contentsOfFile: folder + "/a.html", encoding: .utf8)
    #expect(html.contains("simulated: desired") && html.contains("memory used by each pod"))
    let csv = try String(contentsOfFile: folder + "/a.csv", encoding: .utf8)
    #expect(csv.contains(",live,default,web,usage,web-") && csv.contains(",simulated,default,web,desired,"))
    #expect(try String(contentsOfFile: folder + "/a.xml", encoding: .utf8).contains("<testsuite name=\"live\""))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a.csv", "a.html", "a.xml", "app.yaml", "s.yaml"])
  }
}
