import CoreObjects

/// Rules that the workload kinds share.
enum WorkloadRules {
  static func validate(_ selector: LabelSelector, _ template: PodTemplateSpec, namesSelector: Bool = true) -> [FieldError] {
    FieldRules.selector(selector, template: template, "spec.selector", isNamed: namesSelector)
      + PodSpecRules.validate(template.spec, "spec.template.spec") + restartsAlways(template.spec)
  }

  static func restartsAlways(_ spec: PodSpec) -> [FieldError] {
    var errors: [FieldError] = []
    if let policy = spec.restartPolicy, policy != "Always" {
      errors.add(.notSupported, "spec.template.spec.restartPolicy", value: policy, "supported values: \"Always\"")
    }
    if spec.activeDeadlineSeconds != nil {
      errors.add(.forbidden, "spec.template.spec.activeDeadlineSeconds", "only the pods of a Job may have a deadline")
    }
    return errors
  }
}
