import CoreObjects

/// Rules that Jobs and CronJobs share. Source: pkg/apis/batch/validation/validation.go, v1.36.
enum JobRules {
  /// Indexes, and pods of an Indexed job at once.
  static let indexLimit = 100_000
  /// Failed indexes, and pods at once, of a job of more indexes with a limit for each.
  static let failedIndexLimit = 10_000
  static let ruleLimit = 20
  static let exitCodeLimit = 255
  static let managerLimit = 63

  static func setDefaults(_ policy: inout PodFailurePolicy) {
    for rule in policy.rules.indices {
      for index in policy.rules[rule].onPodConditions.indices where policy.rules[rule].onPodConditions[index].status == nil {
        policy.rules[rule].onPodConditions[index].status = "True"
      }
    }
  }

  static func validate(_ spec: JobSpec, _ path: FieldPath, name: String?) -> [FieldError] {
    var errors: [FieldError] = []
    errors += indexes(spec, path, name)
    if let manager = spec.managedBy { errors += self.manager(manager, path.child("managedBy")) }
    if !spec.podFailurePolicy.isAbsent { errors += failurePolicy(spec, path.child("podFailurePolicy")) }
    if !spec.successPolicy.isAbsent { errors += successPolicy(spec, path.child("successPolicy")) }
    if !spec.podFailurePolicy.isAbsent, spec.podReplacementPolicy != nil, spec.podReplacementPolicy != "Failed" {
      errors.add(
        .invalid, path.child("podReplacementPolicy"), value: spec.podReplacementPolicy ?? "",
        "must be Failed with a podFailurePolicy")
    }
    return errors + validateTemplate(spec.template.spec, path.child("template").child("spec"))
  }

  private static func indexes(_ spec: JobSpec, _ path: FieldPath, _ name: String?) -> [FieldError] {
    var errors: [FieldError] = []
    guard spec.completionMode == "Indexed" else {
      for (field, isSet) in [
        ("backoffLimitPerIndex", spec.backoffLimitPerIndex != nil), ("maxFailedIndexes", spec.maxFailedIndexes != nil),
        ("successPolicy", !spec.successPolicy.isAbsent),
      ] where isSet { errors.add(.invalid, path.child(field), "requires indexed completion mode") }
      return errors
    }
    guard let completions = spec.completions else {
      return [FieldError(.required, path.child("completions"), detail: "an Indexed job says how many completions it has")]
    }
    func atMost(_ limit: Int, _ value: Int?, _ field: String) {
      guard let value, value > limit else { return }
      errors.add(.invalid, path.child(field), value: value, "must be less than or equal to \(limit)")
    }
    atMost(indexLimit, spec.parallelism, "parallelism")
    if spec.maxFailedIndexes != nil, spec.backoffLimitPerIndex == nil {
      errors.add(.required, path.child("backoffLimitPerIndex"), "maxFailedIndexes counts indexes that exceed it")
    }
    atMost(min(indexLimit, completions), spec.maxFailedIndexes, "maxFailedIndexes")
    if spec.backoffLimitPerIndex != nil, completions > indexLimit {
      if spec.maxFailedIndexes == nil {
        errors.add(.required, path.child("maxFailedIndexes"), "must be set with more than \(indexLimit) completions")
      }
      atMost(failedIndexLimit, spec.maxFailedIndexes, "maxFailedIndexes")
      atMost(failedIndexLimit, spec.parallelism, "parallelism")
    }
    // The host name of the last pod.
    if let name, completions > 0, !FieldRules.isLabel("\(name)-\(completions - 1)") {
      errors.add(.invalid, "metadata.name", value: name, "with its index it is a pod's host name: " + FieldRules.labelText)
    }
    return errors
  }

  private static func manager(_ name: String, _ path: FieldPath) -> [FieldError] {
    let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var errors: [FieldError] = []
    if parts.count < 2 || parts[1].isEmpty || !FieldRules.isSubdomain(String(parts[0])) {
      errors.add(.invalid, path, value: name, "must be a domain and a path, such as example.com/controller")
    }
    if name.utf8.count > managerLimit { errors.add(.invalid, path, value: name, "may be \(managerLimit) bytes long at the most") }
    return errors
  }

  static func validateTemplate(_ spec: PodSpec, _ path: FieldPath) -> [FieldError] {
    var errors = PodSpecRules.validate(spec, path)
    let policy = spec.restartPolicy ?? ""
    // Always is what a template has that does not say it.
    if ["", "Always"].contains(policy) {
      errors.add(.required, path.child("restartPolicy"), "pods of a job have OnFailure or Never")
    } else if !["OnFailure", "Never"].contains(policy) {
      errors.append(.notSupported(path.child("restartPolicy"), value: policy, supported: ["OnFailure", "Never"]))
    }
    return errors
  }
}

/// What may change.
extension JobRules {
  static func validateUpdate(_ job: Job, old: Job) -> [FieldError] {
    var errors: [FieldError] = []
    for key in [Key.selector, .completionMode, .podFailurePolicy, .successPolicy, .backoffLimitPerIndex, .managedBy] {
      errors += FieldRules.immutable(job.tree[.spec][key], old.tree[.spec][key], FieldPath("spec").child(key.name))
    }
    if job.spec.completions != old.spec.completions { errors += completions(job, old) }
    var template = job.spec.template
    if isParked(old) { keepScheduling(of: old.spec.template, &template) }
    return errors + FieldRules.immutable(template.tree, old.spec.template.tree, "spec.template")
  }

  /// An elastic job: as many completions as pods at once, both changed together.
  private static func completions(_ job: Job, _ old: Job) -> [FieldError] {
    if old.spec.completionMode != "Indexed" {
      return FieldRules.immutable(job.tree[.spec][.completions], old.tree[.spec][.completions], "spec.completions")
    }
    if job.spec.completions == job.spec.parallelism { return [] }
    let detail = "may only be changed together with parallelism, to the same number"
    return [FieldError(.invalid, "spec.completions", value: job.tree[.spec][.completions], detail: detail)]
  }

  /// Suspended, and none of its pods there (any more): where its pods may run can still be changed.
  private static func isParked(_ job: Job) -> Bool {
    guard job.spec.suspend == true else { return false }
    let isSuspended = job.status.conditions.contains { $0.type == "Suspended" && $0.status == "True" }
    return job.status.startTime == nil || (isSuspended && (job.status.active ?? 0) == 0)
  }

  /// Takes back what may differ: labels, annotations, node affinity and selector, tolerations, scheduling gates, and the resources
  /// of containers (MutablePodResourcesForSuspendedJobs, v1.36).
  private static func keepScheduling(of old: PodTemplateSpec, _ template: inout PodTemplateSpec) {
    func restore(_ tree: inout JSON, _ old: JSON, _ keys: [Key]) {
      for key in keys { if old[key].isNull { tree.remove(key) } else { tree.put(key, old[key]) } }
    }
    restore(&template.tree[.metadata], old.tree[.metadata], [.labels, .annotations])
    restore(&template.tree[.spec], old.tree[.spec], [.nodeSelector, .tolerations, .schedulingGates])
    for list in [Key.containers, .initContainers] {
      let before = old.tree[.spec][list].elements
      var containers = template.tree[.spec][list].elements
      guard !before.isEmpty, before.count == containers.count else { continue }
      for place in before.indices { restore(&containers[place], before[place], [.resources]) }
      template.tree[.spec].put(list, .array(containers))
    }
    let affinity = old.tree[.spec][.affinity]
    if affinity.isNull {
      template.tree[.spec][.affinity].remove(.nodeAffinity)
      if template.tree[.spec][.affinity].members.isEmpty { template.tree[.spec].remove(.affinity) }
    } else {
      restore(&template.tree[.spec][.affinity], affinity, [.nodeAffinity])
    }
  }
}
