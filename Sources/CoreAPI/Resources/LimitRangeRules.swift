import CoreObjects

/// What the bounds and defaults of a limit range must be among themselves.
/// Source: ValidateLimitRange, pkg/apis/core/validation, v1.36.
struct LimitRangeRules {
  private let item: LimitRangeItem
  private let path: FieldPath
  private var rules = RuleSheet()

  static func errors(_ range: LimitRange) -> [FieldError] {
    var types = Set<String>()
    return range.spec.limits.enumerated().flatMap { index, item in
      var rules = LimitRangeRules(item: item, path: FieldPath("spec.limits").index(index))
      rules.type(isRepeated: !types.insert(item.type ?? "").inserted)
      rules.members()
      return rules.rules.errors
    }
  }

  private init(item: LimitRangeItem, path: FieldPath) {
    self.item = item
    self.path = path
  }

  private mutating func type(isRepeated: Bool) {
    let type = item.type ?? ""
    if !type.contains("/"), !["Container", "Pod", "PersistentVolumeClaim"].contains(type) {
      rules.refuse(
        .invalid, path.child("type"), .string(type), "must be Container, Pod, PersistentVolumeClaim or a qualified name")
    }
    if isRepeated { rules.refuse(.duplicate, path.child("type"), .string(type)) }
    if type == "PersistentVolumeClaim", item.min["storage"] == nil, item.max["storage"] == nil {
      rules.refuse(.required, path.child("limits"), nil, "the least or the most of storage is needed")
    }
    guard type == "Pod" else { return }
    for (name, map) in [("default", item.default), ("defaultRequest", item.defaultRequest)] where !map.isEmpty {
      rules.refuse(.forbidden, path.child(name), nil, "must not be given for type Pod")
    }
  }

  private mutating func members() {
    var names = Set<String>()
    let isPod = item.type == "Pod"
    let defaults = isPod ? [] : [("default", item.default), ("defaultRequest", item.defaultRequest)]
    for (member, map) in [("max", item.max), ("min", item.min)] + defaults + [("maxLimitRequestRatio", item.maxLimitRequestRatio)]
    {
      for (name, _) in map.sorted {
        names.insert(name)
        let isKnown = name.contains("/") || ContainerRules.isStandard(name) || name.hasPrefix("hugepages-")
        if isPod || item.type == "Container", !isKnown {
          rules.refuse(
            .invalid, path.child(member).key(name), .string(name),
            "must be a standard resource for containers or a qualified name")
        }
      }
    }
    for name in names.sorted() {
      let least = Bound("min", item.min[name])
      let most = Bound("max", item.max[name])
      let request = isPod ? nil : Bound("defaultRequest", item.defaultRequest[name])
      let limit = isPod ? nil : Bound("default", item.default[name])
      order(least, most, about: least, name)
      order(least, request, about: request, name)
      order(request, most, about: request, name)
      order(request, limit, about: request, name)
      order(least, limit, about: limit, name)
      order(limit, most, about: limit, name)
      if let request, let limit, !ContainerRules.isStandard(name), request.amount != limit.amount {
        rules.refuse(
          .invalid, path.child("defaultRequest").key(name), request.text, "must be equal to default, \(limit.amount), for \(name)"
        )
      }
      ratio(name, least?.amount, most?.amount)
    }
  }

  /// One of the amounts that are given for a resource.
  private struct Bound {
    let member: String
    let amount: Quantity
    var text: JSON { .string(amount.description) }

    init?(_ member: String, _ text: String?) {
      guard let amount = text.flatMap({ Quantity($0) }) else { return nil }
      self.member = member
      self.amount = amount
    }
  }

  /// - Parameter subject: whose field is told
  private mutating func order(_ less: Bound?, _ more: Bound?, about subject: Bound?, _ name: String) {
    guard let less, let more, let subject, less.amount > more.amount else { return }
    rules.refuse(
      .invalid, path.child(subject.member).key(name), subject.text,
      "\(less.member) \(less.amount) is greater than \(more.member) \(more.amount)")
  }

  private mutating func ratio(_ name: String, _ least: Quantity?, _ most: Quantity?) {
    guard let ratio = item.maxLimitRequestRatio[name].flatMap({ Quantity($0) }) else { return }
    func refuse(_ detail: String) {
      rules.refuse(.invalid, path.child("maxLimitRequestRatio").key(name), .string(ratio.description), detail)
    }
    if ratio < Quantity(value: 1) { refuse("ratio \(ratio) is less than 1") }
    guard let least, let most, least > Quantity(value: 0) else { return }
    let widest = Double(most.milliValue) / Double(least.milliValue)
    if Double(ratio.milliValue) / 1000 > widest { refuse("ratio \(ratio) is greater than max/min = \(widest)") }
  }
}
