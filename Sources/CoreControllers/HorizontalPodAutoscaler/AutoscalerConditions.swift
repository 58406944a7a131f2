import CoreObjects

/// The conditions that one look sets: of each kind the last counts, and what stays the same is not written again.
struct AutoscalerConditions: Equatable, Sendable {
  enum Kind: String, Sendable {
    case ableToScale = "AbleToScale"
    case scalingActive = "ScalingActive"
    case scalingLimited = "ScalingLimited"
    case scaledToZero = "ScaledToZero"
  }
  private struct Entry: Equatable, Sendable {
    var kind: Kind
    var status: String
    var reason: String
    var message: String

    func isSame(as condition: JSON) -> Bool {
      condition[.status].isText(status) && condition[.reason].isText(reason) && condition[.message].isText(message)
    }
  }
  private var entries: [Entry] = []

  init() { entries.reserveCapacity(3) }

  mutating func set(_ kind: Kind, _ status: String, _ reason: String, _ message: String) {
    let entry = Entry(kind: kind, status: status, reason: reason, message: message)
    if let index = entries.firstIndex(where: { $0.kind == kind }) { entries[index] = entry } else { entries.append(entry) }
  }

  /// Source: setConditionInList, horizontal.go, v1.36.
  func merged(into present: List<HorizontalPodAutoscalerCondition>, at now: Instant) -> List<HorizontalPodAutoscalerCondition> {
    var conditions = present
    for entry in entries {
      let condition = present.tree.elements.firstIndex { $0[.type].isText(entry.kind.rawValue) }
      guard let condition else {
        conditions.append(AutoscalerConditions.updated(HorizontalPodAutoscalerCondition(), entry, now))
        continue
      }
      if entry.isSame(as: present.tree[condition]) { continue }
      conditions[condition] = AutoscalerConditions.updated(present[condition], entry, now)
    }
    return conditions
  }

  private static func updated(_ present: HorizontalPodAutoscalerCondition, _ entry: Entry, _ now: Instant)
    -> HorizontalPodAutoscalerCondition
  {
    var condition = present
    if condition.status != entry.status { condition.lastTransitionTime = now.rfc3339 }
    condition.type = entry.kind.rawValue
    condition.status = entry.status
    condition.reason = entry.reason
    condition.message = entry.message
    return condition
  }
}
