import CoreObjects

/// Pods that run to an end.
struct JobResource: Resource {
  let definition = ResourceDefinition(
    id: .jobs, kind: "Job", categories: ["all"], hasStatus: true, namesHosts: true,
    template: ["spec", "template"],
    columns: [.name, "Status", "Completions", "Duration", .age, .wide("Containers"), .wide("Images"), .wide("Selector")],
    selectable: ["status.successful": { .int(Int64($0[.status][.succeeded].int ?? 0)) }])

  /// Source: pkg/apis/batch/v1/defaults.go, v1.36.
  func setDefaults(_ object: inout JSON) {
    var spec = JobSpec(tree: object.take(.spec))
    if spec.completions == nil, spec.parallelism == nil {
      spec.completions = 1
      spec.parallelism = 1
    }
    if spec.parallelism == nil { spec.parallelism = 1 }
    if spec.backoffLimit == nil { spec.backoffLimit = spec.backoffLimitPerIndex == nil ? 6 : Int(Int32.max) }
    if spec.completionMode == nil { spec.completionMode = "NonIndexed" }
    if spec.suspend == nil { spec.suspend = false }
    if spec.manualSelector == nil { spec.manualSelector = false }
    if spec.podReplacementPolicy == nil {
      spec.podReplacementPolicy = spec.podFailurePolicy.isAbsent ? "TerminatingOrFailed" : "Failed"
    }
    if !spec.podFailurePolicy.isAbsent { JobRules.setDefaults(&spec.podFailurePolicy) }
    PodSpecDefaults.template(&spec.template.spec)
    object.put(.spec, spec.tree)
  }

  private static let (uidLabel, oldUIDLabel): (Key, Key) = ("batch.kubernetes.io/controller-uid", "controller-uid")
  private static let (nameLabel, oldNameLabel): (Key, Key) = ("batch.kubernetes.io/job-name", "job-name")

  /// The selector and the labels of the pods follow from the job's UID, unless the selector is given by hand.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    var job = Job(tree: object)
    object = .null  // Or each part that the view changes would be copied.
    job.status = JobStatus()
    job.metadata.generation = 1
    if job.spec.manualSelector != true, let uid = job.metadata.uid {
      var labels = job.spec.template.metadata.labels
      labels[Self.uidLabel] = uid
      labels[Self.oldUIDLabel] = uid
      labels[Self.nameLabel] = job.metadata.name
      labels[Self.oldNameLabel] = job.metadata.name
      job.spec.template.metadata.labels = labels
      if job.spec.selector.matchLabels[Self.uidLabel] == nil { job.spec.selector.matchLabels[Self.uidLabel] = uid }
    }
    if job.metadata.labels.isEmpty { job.metadata.labels = job.spec.template.metadata.labels }
    object = job.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let job = Job(tree: object)
    var errors = JobRules.validate(job.spec, "spec", name: job.metadata.name)
    errors += FieldRules.selector(job.spec.selector, template: job.spec.template, "spec.selector", isNamed: false)
    var labels = TextMap()
    for key in [Self.uidLabel, Self.oldUIDLabel] { labels[key] = job.metadata.uid }
    for key in [Self.nameLabel, Self.oldNameLabel] { labels[key] = job.metadata.name }
    if job.spec.manualSelector != true, !job.spec.selector.isAbsent, !job.spec.selector.matches(labels) {
      errors.add(
        .invalid, "spec.selector", value: job.spec.selector.tree, "only with manualSelector it may ask for labels of its own")
    }
    return errors
  }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    JobRules.validateUpdate(Job(tree: object), old: Job(tree: old))
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let job = Job(tree: object)
    func has(_ type: String) -> Bool { job.status.conditions.contains { $0.type == type && $0.status == "True" } }
    let isEnding = job.metadata.deletionTimestamp != nil
    let status =
      ["Complete", "Failed"].first(where: has)
      ?? (isEnding ? "Terminating" : ["Suspended", "FailureTarget", "SuccessCriteriaMet"].first(where: has) ?? "Running")
    let done = job.status.succeeded ?? 0
    let wanted =
      job.spec.completions.map(String.init) ?? ((job.spec.parallelism ?? 1) > 1 ? "1 of \(job.spec.parallelism!)" : "1")
    var duration = ""
    if let text = job.status.startTime, let start = Instant(rfc3339: text) {
      let end = job.status.completionTime.flatMap { Instant(rfc3339: $0) } ?? now
      duration = HumanDuration.text(end - start)
    }
    return [
      TableCells.name(object), .string(status), .string("\(done)/\(wanted)"), .string(duration), TableCells.age(object, now),
    ] + TableCells.containers(job.spec.template.spec) + [TableCells.selector(job.spec.selector)]
  }
}
