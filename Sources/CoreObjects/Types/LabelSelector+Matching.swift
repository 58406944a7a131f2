extension LabelSelector {
  /// It asks for nothing: absent or empty.
  package var isEverything: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

  /// Whether labels meet the selector. An empty selector is met by everything, an absent one by nothing.
  package func matches(_ labels: TextMap) -> Bool {
    if isAbsent { return false }
    for wanted in matchLabels.tree.members where labels.tree[wanted.key] != wanted.value { return false }
    for expression in matchExpressions {
      let value = labels[expression.key ?? ""]
      switch expression.operator {
      case "In": if value.map({ expression.values.values.contains($0) }) != true { return false }
      case "NotIn": if value.map({ expression.values.values.contains($0) }) == true { return false }
      case "Exists": if value == nil { return false }
      case "DoesNotExist": if value != nil { return false }
      default: return false
      }
    }
    return true
  }

  /// What is wrong with it, or nil.
  package var problem: String? {
    for expression in matchExpressions {
      switch expression.operator {
      case "In", "NotIn":
        if expression.values.isEmpty { return "values must be given when `operator` is 'In' or 'NotIn'" }
      case "Exists", "DoesNotExist":
        if !expression.values.isEmpty { return "values may not be given when `operator` is 'Exists' or 'DoesNotExist'" }
      default: return "\"\(expression.operator ?? "")\" is not a valid selector operator"
      }
    }
    return nil
  }

  /// The selector as query text: "app=web,tier in (a,b),!old".
  package var text: String {
    var parts = matchLabels.sorted.map { "\($0.name)=\($0.value)" }
    for expression in matchExpressions {
      let key = expression.key ?? ""
      let values = expression.values.values.sorted().joined(separator: ",")
      switch expression.operator {
      case "In": parts.append("\(key) in (\(values))")
      case "NotIn": parts.append("\(key) notin (\(values))")
      case "Exists": parts.append(key)
      default: parts.append("!\(key)")
      }
    }
    return parts.joined(separator: ",")
  }
}
