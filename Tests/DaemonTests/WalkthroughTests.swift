import CoreObjects
import Daemon
import EdgeHTTP
import TestMachine
import Testing

/// The walkthrough of the HorizontalPodAutoscaler with a page that computes in the shell; `make walkthrough` plays it word for word.
@Suite(
  "The autoscaler's walkthrough", .timeLimit(.minutes(3)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct WalkthroughTests {
  private static let page = """
    mkdir -p /www/cgi-bin; cd /www
    printf '#!/bin/sh\\ni=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; printf \\"Content-Type: text/plain\\\\n\\\\nOK!\\"' > cgi-bin/index.cgi
    chmod 755 cgi-bin/index.cgi; exec busybox httpd -f -p 80
    """

  private static func pod(_ name: String, _ script: String) -> JSON {
    [
      "terminationGracePeriodSeconds": 0,
      "containers": [
        [
          "name": .string(name), "image": "tools:test", "imagePullPolicy": "Never", "command": ["sh", "-c", .string(script)],
          "ports": [["containerPort": 80]], "resources": ["requests": ["cpu": "200m"], "limits": ["cpu": "500m"]],
        ]
      ],
    ]
  }

  @Test("a load that calls http://php-apache takes the Deployment from one pod to several, and its end back to one")
  func walkthrough() async throws {
    let test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 1
      $0.speed = 30
    }
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    func create(_ path: String, _ name: String, _ spec: JSON) async throws {
      let metadata: JSON = ["name": .string(name), "labels": ["run": .string(name)]]
      let answer = await test.cluster.send(.post, path, ["metadata": metadata, "spec": spec])
      guard answer.status == 201 else { throw ProgramError(description: "\(path): \(answer.body)") }
    }
    let labels: JSON = ["run": "php-apache"]
    let deployments = "/apis/apps/v1/namespaces/default/deployments"
    try await create(
      deployments, "php-apache",
      [
        "selector": ["matchLabels": labels],
        "template": ["metadata": ["labels": labels], "spec": Self.pod("php-apache", Self.page)],
      ])
    try await create("/api/v1/namespaces/default/services", "php-apache", ["selector": labels, "ports": [["port": 80]]])
    try await create(
      "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", "php-apache",
      [
        "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "php-apache"], "maxReplicas": 10,
        "metrics": [
          ["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]]]
        ],
      ])
    func wait(_ what: String, _ holds: (Int) -> Bool) async throws {
      let ready = { await test.cluster.send(.get, deployments + "/php-apache").body[.status][.readyReplicas].int ?? 0 }
      try await DaemonTests.wait(for: what, ready, until: holds)
    }
    try await wait("one pod") { $0 == 1 }
    let load = Self.pod("load", "while sleep 0.01; do busybox wget -q -O- http://php-apache; done")
    try await create("/api/v1/namespaces/default/pods", "load", load)
    try await wait("three pods under load") { $0 >= 3 }
    _ = await test.cluster.send(.delete, "/api/v1/namespaces/default/pods/load")
    try await wait("one pod after it") { $0 == 1 }
    await test.stop()
  }
}
