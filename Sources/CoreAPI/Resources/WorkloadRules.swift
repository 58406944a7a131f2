import CoreJSON
import CoreSchema
import CoreStore
import CoreTypes

/// Rules that the workload kinds share.
enum WorkloadRules {
  static func restartsAlways(_ spec: PodSpec) -> [FieldError] {
    var errors: [FieldError] = []
    if let policy = spec.restartPolicy, policy != "Always" {
      errors.append(
        FieldError(
          .notSupported, "spec.template.spec.restartPolicy", value: .string(policy), detail: "supported values: \"Always\""))
    }
    if spec.activeDeadlineSeconds != nil {
      errors.append(
        FieldError(.forbidden, "spec.template.spec.activeDeadlineSeconds", detail: "only the pods of a Job may have a deadline"))
    }
    return errors
  }
}
