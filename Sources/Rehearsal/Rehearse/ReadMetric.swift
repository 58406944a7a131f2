import CoreLoad
import CoreObjects
import CoreReport

/// One metric of an autoscaler's spec, as loads and records call it.
struct ReadMetric: Sendable {
  enum Kind: Sendable, Equatable {
    case resource(container: String?)
    case pods
    case object(kind: String, name: String)
    case external
  }
  var name: String
  var kind: Kind
  var target: Double
  var unit: MetricUnit
  /// What its selector wants of a series.
  var labels: [Member] = []

  /// The metrics of an autoscaler, in the order in which its decisions hold them.
  static func all(of autoscaler: JSON) -> [ReadMetric] {
    let spec = autoscaler[.spec]
    if autoscaler[.apiVersion].string == "autoscaling/v1" || spec[.metrics].isNull {
      let percent = spec["targetCPUUtilizationPercentage"].int ?? 80
      return [ReadMetric(name: "cpu", kind: .resource(container: nil), target: Double(percent), unit: .percent)]
    }
    return spec[.metrics].elements.compactMap(read)
  }

  private static func read(_ metric: JSON) -> ReadMetric? {
    let member = metric[Key((metric[.type].string ?? "").lowercasedFirst)]
    let kind: Kind
    switch metric[.type].string {
    case "Resource": kind = .resource(container: nil)
    case "ContainerResource": kind = .resource(container: member[.container].string)
    case "Pods": kind = .pods
    case "Object":
      kind = .object(kind: member["describedObject"][.kind].string ?? "", name: member["describedObject"][.name].string ?? "")
    case "External": kind = .external
    default: return nil
    }
    let name = member[.name].string ?? member["metric"][.name].string ?? ""
    let labels = ReadMetric.labels(member["metric"][.selector])
    let target = member[.target]
    if let percent = target["averageUtilization"].int {
      return ReadMetric(name: name, kind: kind, target: Double(percent), unit: .percent, labels: labels)
    }
    let amount = (target["averageValue"].string ?? target[.value].string).flatMap { Quantity($0) }
    let unit: MetricUnit = if case .resource = kind { name == "memory" ? .bytes : .cores } else { .number }
    return ReadMetric(
      name: name, kind: kind, target: amount.map { Double($0.milliValue) / 1000 } ?? 0, unit: unit, labels: labels)
  }

  /// Labels with which a series is one that a selector chooses.
  private static func labels(_ selector: JSON) -> [Member] {
    selector["matchLabels"].members
      + selector["matchExpressions"].elements.compactMap { wanted in
        guard let key = wanted["key"].string, ["In", "Exists"].contains(wanted["operator"].string) else { return nil }
        return Member(key: Key(key), value: wanted["values"].elements.first ?? "any")
      }
  }

  /// The labels of the series that a load makes.
  func labels(besides others: [Member] = []) -> TextMap { TextMap(tree: .object(others + labels)) }

  /// What tells it from another metric of the same name: the labels that its selector wants, its container, its object.
  var marks: [String: String] {
    var marks = Dictionary(labels.map { ($0.key.name, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first })
    switch kind {
    case .resource(let container): marks["container"] = container
    case .object(let kind, let name): marks[kind.lowercased()] = name
    case .pods, .external: break
    }
    return marks
  }

  func meets(_ selector: [String: String]) -> Bool {
    let marks = marks
    return selector.allSatisfy { marks[$0.key] == $0.value }
  }

  /// "jobs{queue=orders}", as `--load` takes it.
  static func text(_ name: String, _ marks: [String: String]) -> String {
    marks.isEmpty
      ? name : name + "{" + marks.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + "}"
  }

  /// Whether it reads what the other one reads, whatever both aim at.
  func isSame(as other: ReadMetric) -> Bool { name == other.name && kind == other.kind && labels == other.labels }

  var isResource: Bool { if case .resource = kind { true } else { false } }

  var isByPod: Bool { isResource || kind == .pods }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
