import CoreJSON
import CoreTypes

/// The conditions of an autoscaler during one look: the last word counts, and what stays the same is not written again.
struct AutoscalerConditions {
  private struct Word {
    var type: String
    var status: String
    var reason: String
    var message: String
  }
  private var words: [Word] = []

  mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String) {
    let word = Word(type: type, status: status, reason: reason, message: message)
    if let index = words.firstIndex(where: { $0.type == type }) { words[index] = word } else { words.append(word) }
  }

  /// Source: setConditionInList, horizontal.go, v1.36.
  func merged(into present: List<HorizontalPodAutoscalerCondition>, at now: Instant) -> List<HorizontalPodAutoscalerCondition> {
    var conditions = present
    for word in words {
      let index = conditions.indices.first { conditions[$0].type == word.type }
      if let index, conditions[index].status == word.status, conditions[index].reason == word.reason,
        conditions[index].message == word.message
      {
        continue
      }
      var condition = index.map { conditions[$0] } ?? HorizontalPodAutoscalerCondition()
      if condition.status != word.status { condition.lastTransitionTime = now.rfc3339 }
      condition.type = word.type
      condition.status = word.status
      condition.reason = word.reason
      condition.message = word.message
      if let index { conditions[index] = condition } else { conditions.append(condition) }
    }
    return conditions
  }
}
