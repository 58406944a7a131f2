import CoreObjects
import CoreReport

/// What may be changed of an autoscaler, and to what. A point of the space is a place in each dimension's list.
struct TuningSpace: Sendable {
  enum Name: Int, CaseIterable, Sendable {
    case target, least, most, upWindow, downWindow, upPolicies, downPolicies
  }
  struct Dimension: Sendable {
    /// In an order in which neighbours are alike, but for policies.
    var values: [JSON]
    var today: Int
    /// Between two places of the first, coarse look.
    var stride: Int
    var isOrdered = true

    /// - Parameter today: is put among the values where it is missing
    init(_ numbers: [Int], today: Int, stride: Int) {
      let all = Set(numbers + [today]).sorted()
      values = all.map { .int(Int64($0)) }
      self.today = all.firstIndex(of: today) ?? 0
      self.stride = max(1, stride)
    }

    /// - Parameter today: comes first
    init(_ policies: [JSON], today: JSON) {
      values = [today] + policies.filter { $0 != today }
      self.today = 0
      stride = 1
      isOrdered = false
    }

    /// Places of the coarse look, with today's.
    var coarse: [Int] { Set(Swift.stride(from: today % stride, to: values.count, by: stride) + [values.count - 1]).sorted() }
  }
  private static let windows = [0, 15, 30, 60, 90, 120, 180, 300, 450, 600, 900, 1800]
  private static let percents = 20...95
  /// Shares of today's amount, in percent.
  private static let shares = Array(stride(from: 25, through: 300, by: 5))
  /// Counts between which every one is tried; above they are further apart.
  private static let everyCount = 24

  let manifest: ManifestObject
  /// Which metric's target is changed.
  private let metric: Int
  let dimensions: [Dimension]

  /// - Parameter loaded: the metrics that have a load; the target of the first of them is changed
  init(_ autoscaler: ManifestObject, loaded: [String]) throws(RehearsalError) {
    manifest = TuningSpace.withMetrics(autoscaler)
    let spec = manifest.tree[.spec]
    let metrics = ReadMetric.all(of: manifest.tree)
    guard let metric = metrics.firstIndex(where: { loaded.contains($0.name) }) ?? metrics.indices.first else {
      throw RehearsalError("\(autoscaler.title) has no metric whose target could be changed", at: autoscaler.place)
    }
    self.metric = metric
    let isPercent = metrics[metric].unit == .percent
    let (least, most) = (spec["minReplicas"].int ?? 1, spec["maxReplicas"].int ?? 1)
    let behavior = spec["behavior"]
    func window(_ direction: Key, _ standard: Int) -> Dimension {
      Dimension(Self.windows, today: behavior[direction]["stabilizationWindowSeconds"].int ?? standard, stride: 3)
    }
    func policies(_ direction: Key, _ others: [JSON]) -> Dimension {
      let today = behavior[direction]
      var kept: JSON = [:]
      for key in ["policies", "selectPolicy"] as [Key] where !today[key].isNull { kept.put(key, today[key]) }
      return Dimension(others, today: kept)
    }
    let counts = Self.counts(from: min(1, least), to: most * 2)
    dimensions = [
      isPercent
        ? Dimension(Array(Self.percents), today: Int(metrics[metric].target), stride: 10)
        : Dimension(Self.shares, today: 100, stride: 5),
      Dimension(counts.filter { $0 <= most }, today: least, stride: counts.count / 8),
      Dimension(counts.filter { $0 >= max(1, least) }, today: most, stride: counts.count / 4),
      window("scaleUp", 0), window("scaleDown", 300),
      policies(
        "scaleUp",
        [
          Self.policy("Pods", 1, 60), Self.policy("Pods", 4, 60), Self.policy("Percent", 100, 60),
          Self.policy("Percent", 900, 15),
        ]),
      policies(
        "scaleDown",
        [
          Self.policy("Pods", 1, 60), Self.policy("Percent", 10, 60), Self.policy("Percent", 25, 60),
          Self.policy("Percent", 50, 60),
        ]),
    ]
  }

  private static func policy(_ type: String, _ value: Int64, _ seconds: Int64) -> JSON {
    ["policies": [["type": .string(type), "value": .int(value), "periodSeconds": .int(seconds)]]]
  }

  private static func counts(from least: Int, to most: Int) -> [Int] {
    var counts: [Int] = []
    var next = least
    while next <= most {
      counts.append(next)
      next += max(1, next / everyCount)
    }
    return counts
  }

  /// An autoscaler of autoscaling/v1 in the words of v2.
  private static func withMetrics(_ autoscaler: ManifestObject) -> ManifestObject {
    guard autoscaler.tree[.spec][.metrics].isNull else { return autoscaler }
    var tree = autoscaler.tree
    var spec = tree[.spec]
    let percent = spec["targetCPUUtilizationPercentage"].int ?? 80
    spec.members.removeAll { $0.key == "targetCPUUtilizationPercentage" }
    let target: JSON = ["type": "Utilization", "averageUtilization": .int(Int64(percent))]
    spec.put(.metrics, [["type": "Resource", "resource": ["name": "cpu", "target": target]]])
    tree.put(.apiVersion, "autoscaling/v2")
    tree.put(.spec, spec)
    return ManifestObject(tree, file: autoscaler.file, line: autoscaler.line)
  }

  var today: [Int] { dimensions.map(\.today) }

  func holds(_ point: [Int]) -> Bool {
    let (least, most) = (value(.least, point).int ?? 0, value(.most, point).int ?? 0)
    return zip(point, dimensions).allSatisfy { $1.values.indices.contains($0) } && least <= most
  }

  private func value(_ name: Name, _ point: [Int]) -> JSON {
    let values = dimensions[name.rawValue].values
    return values.indices.contains(point[name.rawValue]) ? values[point[name.rawValue]] : .null
  }

  private func isToday(_ name: Name, _ point: [Int]) -> Bool { point[name.rawValue] == dimensions[name.rawValue].today }

  /// The autoscaler of a point. What is as today is left as it stands.
  func autoscaler(at point: [Int]) -> ManifestObject {
    var tree = manifest.tree
    var spec = tree[.spec]
    if !isToday(.least, point) { spec.put("minReplicas", value(.least, point)) }
    if !isToday(.most, point) { spec.put("maxReplicas", value(.most, point)) }
    if !isToday(.target, point) { spec.put(.metrics, metrics(spec[.metrics].elements, value(.target, point).int ?? 100)) }
    var behavior = spec["behavior"]
    for (direction, window, policies) in [
      ("scaleUp" as Key, Name.upWindow, Name.upPolicies), ("scaleDown", .downWindow, .downPolicies),
    ] where !isToday(window, point) || !isToday(policies, point) {
      var rules = behavior[direction]
      if !isToday(window, point) { rules.put("stabilizationWindowSeconds", value(window, point)) }
      if !isToday(policies, point) {
        if rules.isObject { rules.members.removeAll { $0.key == "policies" || $0.key == "selectPolicy" } }
        for member in value(policies, point).members { rules.put(member.key, member.value) }
      }
      behavior.put(direction, rules)
      spec.put("behavior", behavior)
    }
    tree.put(.spec, spec)
    return ManifestObject(tree, file: manifest.file, line: manifest.line)
  }

  private func metrics(_ metrics: [JSON], _ number: Int) -> JSON {
    var metrics = metrics
    let type = metrics[metric][.type].string ?? ""
    let kind = Key(type.prefix(1).lowercased() + type.dropFirst())
    var source = metrics[metric][kind]
    var target = source[.target]
    if !target["averageUtilization"].isNull {
      target.put("averageUtilization", .int(Int64(number)))
    } else {
      let key: Key = target["averageValue"].isNull ? .value : "averageValue"
      let today = target[key].string.flatMap { Quantity($0) }?.milliValue ?? 0
      let milli = max(1, today / 100 * Int64(number) + today % 100 * Int64(number) / 100)
      // Of bytes a thousandth is nothing.
      let isWhole = milli > 1_000_000
      target.put(key, .string((isWhole ? Quantity(milli: milli / 1000 * 1000) : Quantity(milli: milli)).description))
    }
    source.put(.target, target)
    metrics[metric].put(kind, source)
    return .array(metrics)
  }

  /// What is another than today, in words.
  func changes(at point: [Int]) -> [String] {
    Name.allCases.filter { !isToday($0, point) }.map { name in
      let value = value(name, point)
      return switch name {
      case .target: "target " + (ReadMetric.all(of: autoscaler(at: point).tree)[metric].targetText)
      case .least: "min \(value)"
      case .most: "max \(value)"
      case .upWindow: "up after \(value)s"
      case .downWindow: "down after \(value)s"
      case .upPolicies: "up by " + Self.text(value)
      case .downPolicies: "down by " + Self.text(value)
      }
    }
  }

  private static func text(_ rules: JSON) -> String {
    rules["policies"].elements.map { policy in
      let unit = policy[.type].string == "Percent" ? "%" : policy[.value].int == 1 ? " pod" : " pods"
      return "\(policy[.value])\(unit)/\(policy["periodSeconds"])s"
    }.joined(separator: " or ")
  }
}

extension ReadMetric {
  fileprivate var targetText: String {
    unit == .percent
      ? "\(Int(target))%"
      : unit == .bytes ? Quantity(bytes: Int64(target)).description : Quantity(milli: Int64(target * 1000)).description
  }
}
