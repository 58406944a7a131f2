package import CoreObjects

/// Pods of all sizes, more than the nodes can hold at times.
package struct SchedulerSubject: Subject {
  package static let name = "Scheduler"
  private var made = 0

  package init(random: inout RandomSource) {}

  package var manifests: [JSON] { [] }
  package var checks: [any Check] { [NoPodWaitsInVain()] }

  package mutating func act(_ facts: Facts, _ random: inout RandomSource) -> StormAct? {
    let pods = facts.list(.pods)
    switch random.below(8) {
    case 0:
      let node = ObjectKey(.nodes, "n\(random.below(3))")
      return .patch(node, ["spec": ["unschedulable": .bool(random.below(2) == 0)]])
    case 1: return .patch(ObjectKey(.nodes, "n1"), ["metadata": ["labels": ["disk": random.below(2) == 0 ? "ssd" : "none"]]])
    case 2 where !pods.isEmpty:
      return .delete(pods[random.below(pods.count)].key, graceSeconds: random.below(2) == 0 ? 0 : nil)
    default: return .create(pod(&random))
    }
  }

  private mutating func pod(_ random: inout RandomSource) -> JSON {
    made += 1
    let cpu = ["100m", "1", "2500m", "4", "7900m", "9"][random.below(6)]
    let memory = ["1Gi", "3Gi", "9Gi"][random.below(3)]
    let template = Templates.pod("p", cpu: cpu, memory: memory, isProbed: false)
    var spec = template[.spec]
    if random.below(5) == 0 { spec.put(.nodeSelector, ["disk": "ssd"]) }
    if random.below(5) == 0 {
      spec.put(.tolerations, [["key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"]])
    }
    return [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": .string("p-\(made)"), "namespace": "default", "labels": ["app": "p"]],
      "spec": spec,
    ]
  }

  package mutating func calm(_ facts: Facts) -> [StormAct] {
    facts.list(.nodes).map { .patch($0.key, ["spec": ["unschedulable": false]]) }
      + facts.list(.pods).prefix(3).map { .delete($0.key) }
  }
}
