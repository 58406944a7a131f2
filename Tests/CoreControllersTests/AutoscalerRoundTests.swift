import CoreControllers
import CoreObjects
import Testing

@Suite("HorizontalPodAutoscaler: many at once")
struct AutoscalerRoundTests {
  /// Autoscalers, each with its own target and two pods, all in one namespace.
  private struct Crowd {
    var store = Store()
    var metrics = MetricsWindow()
    var controller = HorizontalPodAutoscalerController()
    var keys: [ObjectKey] = []

    init(_ count: Int) {
      var samples: [UsageSample] = []
      for index in 0..<count {
        let app = "app-\(index)"
        put(
          ObjectKey(.statefulSets, namespace: "default", app),
          [
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": ["name": .string(app), "namespace": "default", "uid": .string("set-\(index)")],
            "spec": ["replicas": 2, "selector": ["matchLabels": ["app": .string(app)]]],
          ])
        for ordinal in 0..<2 { addPod(app, ordinal, &samples) }
        keys.append(ObjectKey(.horizontalPodAutoscalers, namespace: "default", app))
        put(
          keys[index],
          [
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": ["name": .string(app), "namespace": "default", "uid": .string("hpa-\(index)")],
            "spec": [
              "minReplicas": 1, "maxReplicas": 5,
              "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "StatefulSet", "name": .string(app)],
              "metrics": [
                [
                  "type": "Resource",
                  "resource": ["name": "memory", "target": ["type": "Utilization", "averageUtilization": 60]],
                ]
              ],
            ],
          ])
      }
      metrics.add(samples)
    }

    private mutating func addPod(_ app: String, _ ordinal: Int, _ samples: inout [UsageSample]) {
      let uid = "\(app)-\(ordinal)-uid"
      put(
        ObjectKey(.pods, namespace: "default", "\(app)-\(ordinal)"),
        [
          "apiVersion": "v1", "kind": "Pod",
          "metadata": [
            "name": .string("\(app)-\(ordinal)"), "namespace": "default", "uid": .string(uid), "labels": ["app": .string(app)],
          ],
          "spec": ["nodeName": "node-1", "containers": [["name": "main", "resources": ["requests": ["memory": "100Mi"]]]]],
          "status": [
            "phase": "Running", "startTime": "2026-01-01T00:00:00Z", "conditions": [["type": "Ready", "status": "True"]],
          ],
        ])
      samples.append(
        UsageSample(
          node: "node-1", podUID: uid, container: "main", containerID: uid, at: World.start,
          startedAt: World.start - .seconds(12), cpuNanoseconds: 0,
          memoryUsage: 60 << 20, inactiveFile: 0, activeFile: 0, anonymous: 60 << 20))
    }

    private mutating func put(_ key: ObjectKey, _ tree: JSON) {
      _ = controller.keys(affectedBy: store.put(key, tree), in: Snapshot(store: store, metrics: metrics))
    }

    /// One look at each; returns the number of changes.
    mutating func round(at now: Instant) -> Int {
      var changes = 0
      let snapshot = Snapshot(store: store, metrics: metrics)
      for key in keys {
        let plan = controller.plan(key, in: snapshot, at: now)
        changes += plan.changes.count
        guard case .patch(let key, "status", let merge)? = plan.changes.first?.write else { continue }
        var tree = store.get(key)!.tree
        tree.merge(merge)
        _ = controller.keys(affectedBy: store.put(key, tree), in: snapshot)
      }
      return changes
    }
  }

  @Test("a round in which nothing changes writes nothing")
  func quietRound() {
    var crowd = Crowd(2000)
    #expect(crowd.round(at: World.start) == 0)
    #expect(crowd.round(at: World.start + .seconds(15)) == 2000)
    #expect(crowd.round(at: World.start + .seconds(31)) == 0)
    #expect(crowd.round(at: World.start + .seconds(47)) == 0)
  }
}
