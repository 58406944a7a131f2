import CoreObjects

/// What the scheduler writes about pods that it does not bind.
enum SchedulingStatus {
  /// A pod with gates is not scheduled; its condition names the gates.
  static func gated(_ pod: Pod, _ now: Instant) -> Plan {
    let gates = pod.spec.schedulingGates.map { $0.name ?? "" }.joined(separator: ", ")
    let message = "waits until its scheduling gates are removed: \(gates)"
    guard let updated = setCondition(of: pod, reason: "SchedulingGated", message, now) else { return Plan() }
    return Plan(changes: [Change(.updateStatus(.pods, tree: updated.tree))])
  }

  /// The condition, with an event when it has changed, and the node where room is being made.
  static func unschedulable(_ attempt: SchedulingAttempt, _ message: String, nominated: String?, _ now: Instant) -> Plan {
    let pod = attempt.pod
    let changed = setCondition(of: pod, reason: "Unschedulable", message, now)
    if changed == nil, nominated ?? "" == pod.status.nominatedNodeName ?? "" { return Plan() }
    var updated = changed ?? pod
    updated.status.nominatedNodeName = nominated
    let event = attempt.stored.event(.warning, "FailedScheduling", message, action: "Scheduling")
    return Plan(changes: [Change(.updateStatus(.pods, tree: updated.tree), succeeded: changed == nil ? nil : event)])
  }

  /// Nil if the condition PodScheduled has this reason and message already.
  private static func setCondition(of pod: Pod, reason: String, _ message: String, _ now: Instant) -> Pod? {
    let present = pod.status.conditions.first { $0.type == "PodScheduled" }
    if present?.status == "False", present?.reason == reason, present?.message == message { return nil }
    var condition = present ?? PodCondition()
    condition.type = "PodScheduled"
    condition.reason = reason
    return with(condition, "False", message, pod, now)
  }

  private static func with(_ condition: PodCondition, _ status: String, _ message: String, _ pod: Pod, _ now: Instant) -> Pod {
    var condition = condition
    if condition.status != status { condition.lastTransitionTime = now.rfc3339 }
    condition.status = status
    condition.message = message
    var updated = pod
    updated.status.conditions.removeAll { $0.type == condition.type }
    updated.status.conditions.append(condition)
    return updated
  }

  /// The victims get a condition with the reason, and their own grace; a pod of lower priority that was nominated to the node must be
  /// scheduled again.
  /// Source: prepareCandidate, pkg/scheduler/framework/preemption/executor.go, v1.36.
  static func preempt(_ choice: Preemption.Choice, for attempt: SchedulingAttempt, _ cluster: ClusterUsage, _ now: Instant)
    -> [Change]
  {
    let preemptor = attempt.stored.key
    var changes: [Change] = []
    for victim in choice.victims where victim.metadata.deletionTimestamp == nil {
      let pod = victim.view(Pod.self)
      var condition = pod.status.conditions.first { $0.type == "DisruptionTarget" } ?? PodCondition()
      condition.type = "DisruptionTarget"
      condition.reason = "PreemptionByScheduler"
      let message = "makes room for a pod of higher priority, \(preemptor.namespace)/\(preemptor.name)"
      changes.append(
        Change(.updateStatus(.pods, tree: with(condition, "True", message, pod, now).tree), tolerated: Change.untilGone))
      let event = victim.event(.normal, "Preempted", "ends on node \(choice.node.name): it \(message)", action: "Preempting")
      changes.append(.delete(victim, succeeded: event))
    }
    for key in cluster.nominated(to: choice.node) where key != preemptor {
      guard var pod = attempt.store.get(key)?.view(Pod.self), (pod.spec.priority ?? 0) < attempt.priority else { continue }
      pod.status.nominatedNodeName = nil
      changes.append(Change(.updateStatus(.pods, tree: pod.tree), tolerated: Change.untilGone))
    }
    return changes
  }
}
