import CoreObjects

/// From the name of a PriorityClass to its number. Source: plugin/pkg/admission/priority, v1.36.
enum PriorityAdmission {
  static func admit(_ pod: inout Pod, _ store: Store) throws(APIError) {
    var value = 0
    var policy = "PreemptLowerPriority"
    let wanted = pod.spec.priorityClassName ?? ""
    var found: PriorityClass?
    if wanted.isEmpty {
      // Of several defaults the lowest counts.
      found = store.list(.priorityClasses).map { $0.view(PriorityClass.self) }.filter { $0.globalDefault == true }
        .min { ($0.value ?? 0) < ($1.value ?? 0) }
    } else {
      guard let stored = store.get(.priorityClasses, wanted) else {
        throw .forbidden(.pods, pod.metadata.name ?? "", "no PriorityClass with name \(wanted) was found")
      }
      found = stored.view(PriorityClass.self)
    }
    if let found {
      value = found.value ?? 0
      policy = found.preemptionPolicy ?? policy
      if wanted.isEmpty { pod.spec.priorityClassName = found.metadata.name }
    }
    if let given = pod.spec.priority, given != value {
      throw .forbidden(
        .pods, pod.metadata.name ?? "",
        "the integer value of priority (\(given)) must not be provided in pod spec; priority admission computed \(value)")
    }
    pod.spec.priority = value
    if pod.spec.preemptionPolicy == nil { pod.spec.preemptionPolicy = policy }
  }
}
