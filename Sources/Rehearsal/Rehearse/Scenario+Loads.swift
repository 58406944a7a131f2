package import CoreLoad
import CoreObjects

extension ScenarioFile {
  /// - Parameter read: reads a file of numbers over time, named from the scenario's folder
  package func loads(
    _ read: (_ file: String, _ selection: LoadSelection, _ place: String) throws(RehearsalError) -> LoadSeries
  ) throws(RehearsalError) -> [RehearsalLoad] {
    var loads: [RehearsalLoad] = []
    for (index, load) in scenario.spec.load.enumerated() {
      let path = "spec.load[\(index)]"
      loads.append(
        RehearsalLoad(
          metric: load.metric ?? "",
          selector: Dictionary(load.selector.sorted.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
          subject: load.of, shape: try shape(load, path, read), model: try model(load, path),
          place: place(path), isMeasured: load.file != nil))
    }
    return loads
  }

  private var seed: UInt64 { UInt64(bitPattern: Int64(scenario.spec.seed ?? 1)) }

  private func amount(
    _ text: String?, of load: ScenarioLoad, _ path: String, isChange: Bool = false
  ) throws(RehearsalError) -> Double {
    let amount: Double
    do throws(LoadError) { amount = try LoadUnit.amount(text, metric: load.metric ?? "") } catch {
      throw self.error(error.description, path)
    }
    if amount < 0, !isChange { throw error("is below zero", path) }
    return amount
  }

  // MARK: The level

  private func shape(
    _ load: ScenarioLoad, _ path: String,
    _ read: (_ file: String, _ selection: LoadSelection, _ place: String) throws(RehearsalError) -> LoadSeries
  ) throws(RehearsalError) -> LoadShape {
    let forms = ["constant", "file", "points", "series", "sine", "stages"]
    let given = load.tree.members.map(\.key.name).filter(forms.contains)
    guard given.count == 1 else {
      throw error(
        "takes one of \(forms.joined(separator: ", ")); "
          + (given.isEmpty ? "there is none" : "there are " + given.joined(separator: " and ")), path)
    }
    if given[0] != "file", let wrong = ["column", "join", "rate", "select", "unit"].first(where: { !load.tree[Key($0)].isNull }) {
      throw error("has a meaning only beside file", path + "." + wrong)
    }
    var shape = try formed(load, given[0], path + "." + given[0])
    if let file = load.file {
      var selection = LoadSelection()
      selection.name = load.column
      selection.labels = load.select.sorted.map { ($0.name, $0.value) }
      selection.join = load.join == "mean" ? .mean : .sum
      selection.isRate = load.rate ?? false
      selection.metric = load.metric
      selection.hasUnit = load.unit != nil
      do throws(LoadError) { selection.factor = try LoadUnit.factor(load.unit, metric: load.metric ?? "") } catch {
        throw self.error(error.description, path + ".unit")
      }
      shape = .series(try read(file, selection, place(path + ".file")))
    }
    return try refined(shape, load, path)
  }

  private func formed(_ load: ScenarioLoad, _ form: String, _ path: String) throws(RehearsalError) -> LoadShape {
    func made<Made>(_ make: () throws(LoadError) -> Made) throws(RehearsalError) -> Made {
      do throws(LoadError) { return try make() } catch { throw self.error(error.description, path) }
    }
    switch form {
    case "constant": return .constant(try amount(load.constant, of: load, path))
    case "points":
      var points: [(second: Double, level: Double)] = []
      for (index, point) in load.points.enumerated() {
        let path = "\(path)[\(index)]"
        points.append((try seconds(point.at ?? "", path + ".at"), try amount(point.level, of: load, path + ".level")))
      }
      return try made { () throws(LoadError) in try .points(points, isLinear: load.shape == "linear") }
    case "stages":
      var stages: [(seconds: Double, target: Double)] = []
      for (index, stage) in load.stages.enumerated() {
        let path = "\(path)[\(index)]"
        stages.append(
          (try seconds(stage.duration ?? "", path + ".duration"), try amount(stage.target, of: load, path + ".target")))
      }
      return try made { () throws(LoadError) in try .stages(from: 0, stages) }
    case "series":
      return try made { () throws(LoadError) in
        let interval = try LoadDuration.seconds(load.interval ?? "1m")
        return .series(try SeriesNotation.series(load.series ?? "", intervalSeconds: interval))
      }
    case "sine":
      let sine = load.sine
      let period = try seconds(sine.period ?? "", path + ".period")
      guard period > 0 else { throw error("a period above zero is wanted", path) }
      return .sine(
        mean: try amount(sine.mean, of: load, path + ".mean"),
        amplitude: try amount(sine.amplitude, of: load, path + ".amplitude", isChange: true),
        periodSeconds: period,
        phaseSeconds: try sine.phase.map { (text) throws(RehearsalError) in try seconds(text, path + ".phase") } ?? 0)
    default: return .constant(0)
    }
  }

  /// With factor and offset, and what is laid over it.
  private func refined(_ shape: LoadShape, _ load: ScenarioLoad, _ path: String) throws(RehearsalError) -> LoadShape {
    var parts = [shape]
    if let factor = load.factor { parts = [.product([.constant(factor), shape])] }
    if let offset = load.offset { parts.append(.constant(offset)) }
    if !load.spike.isAbsent {
      let spike = load.spike
      func time(_ text: String?, _ field: String) throws(RehearsalError) -> Double {
        try text.map { (text) throws(RehearsalError) in try seconds(text, path + ".spike." + field) } ?? 0
      }
      parts.append(
        .spike(
          at: try time(spike.at, "at"), height: try amount(spike.height, of: load, path + ".spike.height", isChange: true),
          riseSeconds: try time(spike.rise, "rise"), holdSeconds: try time(spike.hold, "hold"),
          fallSeconds: try time(spike.fall, "fall")))
    }
    if !load.noise.isAbsent {
      parts.append(.noise(deviation: try amount(load.noise.deviation, of: load, path + ".noise.deviation"), seed: seed))
    }
    return parts.count == 1 ? parts[0] : .sum(parts)
  }

  // MARK: The model

  private func model(_ load: ScenarioLoad, _ path: String) throws(RehearsalError) -> LoadModel {
    let name = load.model ?? "shared"
    let base = try load.base.map { (text) throws(RehearsalError) in try amount(text, of: load, path + ".base") } ?? 0
    for (field, models) in [
      ("base", ["shared", "ticked"]), ("every", ["ticked"]), ("delay", ["ticked"]), ("delayPerPod", ["ticked"]),
      ("rereads", ["ticked"]),
      ("serves", ["queue"]),
    ]
    where !load.tree[Key(field)].isNull && !models.contains(name) {
      throw error("has no meaning in the model \(name)", path + "." + field)
    }
    let kind: LoadModel.Kind
    switch name {
    case "perPod": kind = .perPod
    case "ticked":
      guard let every = load.every else { throw error("the model ticked wants every", path) }
      let grain = load.metric == "memory" ? 1_048_576 : load.metric == "cpu" ? 0.001 : 1
      kind = .ticked(everySeconds: Int(max(1, try seconds(every, path + ".every"))), base: base, grain: grain)
    case "queue":
      guard load.serves != nil else { throw error("the model queue wants serves", path) }
      kind = .queue(perPodPerSecond: try amount(load.serves, of: load, path + ".serves"))
    default: kind = .shared(base: base, reachesUnready: false)
    }
    var model = LoadModel(kind)
    func lag(_ text: String?, _ field: String) throws(RehearsalError) -> Double {
      try text.map { (text) throws(RehearsalError) in try seconds(text, path + field) } ?? 0
    }
    model.lag = .init(
      delaySeconds: try lag(load.delay, ".delay"), podSeconds: try lag(load.delayPerPod, ".delayPerPod"),
      rereadSeconds: try lag(load.rereads, ".rereads"))
    if !load.warmUp.isAbsent {
      model.startSpike = .init(
        level: try amount(load.warmUp.level, of: load, path + ".warmUp.level"),
        seconds: try seconds(load.warmUp.duration ?? "", path + ".warmUp.duration"))
    }
    let missing = load.missing
    if let divisor = missing.modulo {
      model.missing = .divisor(divisor)
    } else if let share = missing.share {
      guard (0...1).contains(share) else { throw error("is a share from 0 to 1", path + ".missing.share") }
      model.missing = .probability(share, seed: seed)
    }
    return model
  }
}
