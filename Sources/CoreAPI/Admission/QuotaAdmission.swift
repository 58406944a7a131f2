import CoreObjects

/// What a write takes of its namespace's quotas. It is charged with the write, so that the next one sees it, and set right by the
/// controller after deletions. Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, v0.36.
struct QuotaAdmission {
  /// Quotas with their new use, to be written with the object.
  private(set) var charged: [ResourceQuota] = []
  private let resource: ResourceID
  private let store: Store
  private let now: Instant

  /// - Parameter old: the object before, null for a new one
  init(_ resource: ResourceID, _ tree: JSON, old: JSON, _ store: Store, at now: Instant) throws(APIError) {
    self.resource = resource
    self.store = store
    self.now = now
    let namespace = tree[.metadata][.namespace].string ?? ""
    for stored in store.list(.resourceQuotas, namespace: namespace) {
      let quota = stored.view(ResourceQuota.self)
      if let charged = try charge(quota, stored.key.name, tree, old) { self.charged.append(charged) }
    }
  }

  private func charge(_ quota: ResourceQuota, _ quotaName: String, _ tree: JSON, _ old: JSON) throws(APIError) -> ResourceQuota? {
    let kind = resource.description
    let bounds = quota.spec.hard.sorted.filter { QuotaUsage.resource(boundedBy: $0.name) == kind }
    guard !bounds.isEmpty, QuotaScope.covers(quota, kind, tree) else { return nil }
    let name = tree[.metadata][.name].string ?? ""
    if resource == .pods, old.isNull { try checkAsked(Pod(tree: tree), bounds.map(\.name), quotaName) }
    let usage = QuotaUsage(kind, tree, at: now)
    let before = old.isNull || !QuotaScope.covers(quota, kind, old) ? nil : QuotaUsage(kind, old, at: now)
    var quota = quota
    var isCharged = false
    var exceeded: [(name: String, requested: Quantity, used: Quantity, limited: String)] = []
    for (bound, text) in bounds {
      let delta = usage[bound] - (before?[bound] ?? Quantity(value: 0))
      guard delta.nano > 0, let limit = Quantity(text) else { continue }
      let used = used(quota, bound)
      if used + delta > limit {
        exceeded.append((bound, delta, used, text))
        continue
      }
      quota.status.used[bound] = (used + delta).description
      isCharged = true
    }
    guard exceeded.isEmpty else {
      func list(_ text: (Int) -> String) -> String {
        exceeded.indices.map { "\(exceeded[$0].name)=\(text($0))" }.joined(separator: ",")
      }
      let requested = list { exceeded[$0].requested.description }
      let used = list { exceeded[$0].used.description }
      let limited = list { exceeded[$0].limited }
      throw .forbidden(
        resource, name, "exceeded quota: \(quotaName), requested: \(requested), used: \(used), limited: \(limited)")
    }
    return isCharged ? quota : nil
  }

  /// What is used already; counted anew for a bound that the controller has not reached yet.
  private func used(_ quota: ResourceQuota, _ bound: String) -> Quantity {
    if let text = quota.status.used[bound], let used = Quantity(text) { return used }
    let kind = resource.description
    var sum = Quantity(value: 0)
    for object in store.list(resource, namespace: quota.metadata.namespace ?? "")
    where QuotaScope.covers(quota, kind, object.tree) {
      sum = sum + QuotaUsage(kind, object.tree, at: now)[bound]
    }
    return sum
  }

  /// A quota of processors or memory asks every container to say what it needs.
  /// Source: Constraints, pkg/quota/v1/evaluator/core/pods.go, v1.36.
  private func checkAsked(_ pod: Pod, _ bounds: [String], _ quotaName: String) throws(APIError) {
    let containers = Array(pod.spec.containers) + Array(pod.spec.initContainers)
    var missing: [String] = []
    for bound in bounds {
      let parts = bound.split(separator: ".").map(String.init)
      let isLimit = parts.count == 2 && parts[0] == "limits"
      guard parts.count == 1 || isLimit || parts[0] == "requests", let wanted = parts.last, ["cpu", "memory"].contains(wanted)
      else { continue }
      func says(_ resources: ResourceRequirements) -> Bool { (isLimit ? resources.limits : resources.requests)[wanted] != nil }
      if says(pod.spec.resources) { continue }
      let silent = containers.filter { !says($0.resources) }.compactMap(\.name)
      if !silent.isEmpty { missing.append("\(bound) for: \(silent.sorted().joined(separator: ","))") }
    }
    guard missing.isEmpty else {
      throw .forbidden(
        .pods, pod.metadata.name ?? "", "failed quota: \(quotaName): must specify \(missing.joined(separator: "; "))")
    }
  }
}

extension Writer {
  /// Checks a write against the quotas and, unless it is a dry run, charges them: the last stage before the write itself.
  mutating func chargeQuotas(_ draft: Draft) throws(APIError) {
    guard store.count(.resourceQuotas) > 0, draft.scope == .object || draft.scope == .resize,
      draft.tree[.metadata][.namespace].string != nil
    else {
      return
    }
    let charged = try QuotaAdmission(draft.resource, draft.tree, old: draft.old?.tree ?? .null, store, at: draft.now).charged
    if draft.actor.isDryRun { return }
    for quota in charged { try write(.status(.resourceQuotas, in: quota.tree), by: .bootstrap, at: draft.now) }
  }
}
