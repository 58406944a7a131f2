import CoreObjects
import Daemon
import EdgeHTTP
import Foundation
import TestMachine
import Testing

@Suite("An autoscaler on an adapter's metric", .timeLimit(.minutes(1)))
struct AdapterScalingTests {
  /// An external metric needs no running pod, so that a cluster without containers does.
  private static let metric = "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue"

  private func value(_ text: String) -> JSON {
    [
      "kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1",
      "items": [["metricName": "queue", "timestamp": "2026-01-01T00:00:00Z", "value": .string(text)]],
    ]
  }

  private func wait(_ cluster: Cluster, _ path: String, _ what: String, _ holds: (JSON) -> Bool) async throws {
    try await DaemonTests.wait(for: what, { await cluster.send(.get, path).body }, until: holds)
  }

  @Test("it follows the adapter's answer, and says what is wrong when there is none")
  func scales() async throws {
    let adapter = try TestAdapter()
    let test = try await TestCluster { $0.speed = 60 }
    let cluster = test.cluster
    try await adapter.register("external.metrics.k8s.io", "v1beta1", in: cluster)
    try await cluster.waitForAPIService("v1beta1.external.metrics.k8s.io", "Passed")
    adapter.answer(Self.metric, value("4500m"))
    let container: JSON = ["name": "main", "image": "x"]
    let template: JSON = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [container]]]
    let deployments = "/apis/apps/v1/namespaces/default/deployments"
    await cluster.send(
      .post, deployments,
      ["metadata": ["name": "web"], "spec": ["selector": ["matchLabels": ["app": "web"]], "template": template]])
    let target: JSON = ["type": "AverageValue", "averageValue": "1"]
    let metric: JSON = [
      "type": "External",
      "external": ["metric": ["name": "queue", "selector": ["matchLabels": ["kind": "mail"]]], "target": target],
    ]
    let autoscalers = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    await cluster.send(
      .post, autoscalers,
      [
        "metadata": ["name": "web"],
        "spec": [
          "minReplicas": 1, "maxReplicas": 9, "metrics": [metric],
          "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
        ],
      ])
    try await wait(cluster, deployments + "/web", "5 replicas") { $0[.spec][.replicas] == 5 }
    let asked = try #require(adapter.requests(Self.metric).last)
    #expect(asked.query == "labelSelector=kind%3Dmail")
    #expect(asked.headers["x-remote-user"] == "system:serviceaccount:kube-system:horizontal-pod-autoscaler")
    // An adapter asks back whether it may.
    let review = await cluster.send(
      .post, "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      [
        "spec": [
          "user": .string(asked.headers["x-remote-user"] ?? ""),
          "groups": .array(asked.headers.values("x-remote-group").map { .string($0) }),
          "resourceAttributes": [
            "verb": "list", "group": "external.metrics.k8s.io", "resource": "queue", "namespace": "default",
          ],
        ]
      ])
    #expect(review.body[.status]["allowed"] == true)
    adapter.answer(Self.metric, ["kind": "Status", "message": "the queue is not known"], status: 404)
    try await wait(cluster, autoscalers + "/web", "the failure") { autoscaler in
      autoscaler[.status][.conditions].elements.contains {
        $0[.reason] == "FailedGetExternalMetric" && $0[.message].string?.contains("the queue is not known") == true
      }
    }
    let explained = cluster.explanation(ofAutoscaler: "web", namespace: "default")?["lines"].elements.compactMap(\.string) ?? []
    #expect(explained.contains { $0.contains("the queue is not known") }, "\(explained)")
    await test.stop()
    await adapter.stop()
  }
}
