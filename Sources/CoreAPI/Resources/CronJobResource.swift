import CoreObjects

/// Jobs on a schedule.
struct CronJobResource: Resource {
  /// A job's name adds 11 characters. Source: ValidateCronJobCreate, pkg/apis/batch/validation, v1.36.
  static let nameLimit = 52
  let definition = ResourceDefinition(
    id: .cronJobs, kind: "CronJob", shortNames: ["cj"], categories: ["all"], hasStatus: true, namesHosts: true,
    template: ["spec", "jobTemplate", "spec", "template"],
    columns: [
      .name, "Schedule", "Timezone", TableColumn(name: "Suspend", type: "boolean"), .number("Active"), "Last Schedule", .age,
      .wide("Containers"), .wide("Images"), .wide("Selector"),
    ])

  func setDefaults(_ object: inout JSON) {
    var cron = CronJob(tree: object)
    if !cron.spec.jobTemplate.spec.podFailurePolicy.isAbsent {
      JobRules.setDefaults(&cron.spec.jobTemplate.spec.podFailurePolicy)
    }
    PodSpecDefaults.template(&cron.spec.jobTemplate.spec.template.spec)
    object = cron.tree
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    let cron = CronJob(tree: object)
    var errors: [FieldError] = []
    if let name = cron.metadata.name, name.utf8.count > CronJobResource.nameLimit {
      errors.add(.invalid, "metadata.name", value: name, "must be no more than \(CronJobResource.nameLimit) characters")
    }
    if let schedule = cron.spec.schedule, !schedule.isEmpty {
      do throws(CronError) { _ = try CronSchedule(schedule) } catch {
        errors.add(.invalid, "spec.schedule", value: schedule, error.message)
      }
    }
    errors += timeZone(cron.spec.timeZone, context.timeZones)
    if cron.spec.jobTemplate.spec.manualSelector == true {
      let detail = "a CronJob makes many jobs: each needs a selector of its own"
      errors.add(.notSupported, "spec.jobTemplate.spec.manualSelector", value: true, detail)
    }
    // A job's name ends with 10 digits and more.
    let name = cron.metadata.name.map { $0 + "-" + String(repeating: "0", count: 10) }
    return errors + JobRules.validate(cron.spec.jobTemplate.spec, "spec.jobTemplate.spec", name: name)
  }

  /// Source: validateTimeZone, pkg/apis/batch/validation, v1.36.
  private func timeZone(_ name: String?, _ zones: TimeZoneDatabase) -> [FieldError] {
    guard let name else { return [] }
    let problem =
      name.isEmpty
      ? "name a time zone such as Europe/Berlin, or leave the field out"
      : name.lowercased() == "local"
        ? "Local is no time zone: name one such as Europe/Berlin"
        : zones.rules(name) == nil ? "unknown time zone \(name)" : nil
    return problem.map { [FieldError(.invalid, "spec.timeZone", value: .string(name), detail: $0)] } ?? []
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let cron = CronJob(tree: object)
    let last = cron.status.lastScheduleTime
    return [
      TableCells.name(object), .string(cron.spec.schedule ?? ""), .string(cron.spec.timeZone ?? "<none>"),
      cron.spec.suspend == true ? "True" : "False",
      TableCells.number(cron.status.active.count), last == nil ? "<none>" : TableCells.since(last, now),
      TableCells.age(object, now),
    ] + TableCells.containers(cron.spec.jobTemplate.spec.template.spec) + [
      TableCells.selector(cron.spec.jobTemplate.spec.selector)
    ]
  }
}
