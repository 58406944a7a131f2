import CoreJSON
import CoreTypes

/// The conditions of an autoscaler during one look: the last word counts, and what stays the same is not written again.
struct AutoscalerConditions: Equatable, Sendable {
  private struct Word: Equatable, Sendable {
    var type: String
    var status: String
    var reason: String
    var message: String

    func isSaid(in condition: JSON) -> Bool {
      condition[.status].isText(status) && condition[.reason].isText(reason) && condition[.message].isText(message)
    }
  }
  private var words: [Word] = []

  init() { words.reserveCapacity(3) }

  mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String) {
    let word = Word(type: type, status: status, reason: reason, message: message)
    if let index = words.firstIndex(where: { $0.type == type }) { words[index] = word } else { words.append(word) }
  }

  /// Source: setConditionInList, horizontal.go, v1.36.
  func merged(into present: List<HorizontalPodAutoscalerCondition>, at now: Instant) -> List<HorizontalPodAutoscalerCondition> {
    var conditions = present
    for word in words {
      let condition = present.tree.elements.firstIndex { $0[.type].isText(word.type) }
      guard let condition else {
        conditions.append(AutoscalerConditions.updated(HorizontalPodAutoscalerCondition(), word, now))
        continue
      }
      if word.isSaid(in: present.tree[condition]) { continue }
      conditions[condition] = AutoscalerConditions.updated(present[condition], word, now)
    }
    return conditions
  }

  private static func updated(_ present: HorizontalPodAutoscalerCondition, _ word: Word, _ now: Instant)
    -> HorizontalPodAutoscalerCondition
  {
    var condition = present
    if condition.status != word.status { condition.lastTransitionTime = now.rfc3339 }
    condition.type = word.type
    condition.status = word.status
    condition.reason = word.reason
    condition.message = word.message
    return condition
  }
}
