package import CoreAPI
import CoreLoad
package import CoreObjects
package import CoreReport
package import Simulation

/// An image and what it is made of.
package struct PackedImage: Sendable {
  package enum Source: Sendable {
    case program(String)
    case archive(String)
    /// Its registry, or this machine's bash, jq and kubectl.
    case tools
  }
  package let name: String
  package var source: Source
  package let place: String
}

/// A scenario file, held against its schema, with the lines of its fields.
package struct ScenarioFile: Sendable {
  package static let typeName = "wavetank.v1alpha1.Scenario"

  package let scenario: Scenario
  private let places: FieldPlaces

  /// - Throws: the first mistake, with file, line and field.
  package init(_ tree: JSON, _ places: FieldPlaces) throws(RehearsalError) {
    self.places = places
    let (kind, version) = (tree[.kind].string ?? "no kind", tree[.apiVersion].string ?? "no apiVersion")
    guard kind == "Scenario", version == "wavetank.dev/v1alpha1" else {
      throw RehearsalError(
        "a scenario is of kind Scenario in apiVersion wavetank.dev/v1alpha1, not \(kind) in \(version); -f takes manifests",
        at: places.file + ":1")
    }
    guard let type = Schema.shared.type(ScenarioFile.typeName) else { preconditionFailure("the schema of scenarios is missing") }
    let decoded: Decoded
    do throws(DecodeError) { decoded = try Schema.shared.decode(tree, as: type) } catch {
      throw RehearsalError(error.description, at: places.place(error.path.description))
    }
    if let unknown = decoded.unknownFields.first {
      let path = unknown.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
      throw RehearsalError(unknown, at: places.place(path))
    }
    if let error = Schema.shared.validate(decoded.tree, type).first {
      throw RehearsalError(error.message, at: places.place(error.path.description))
    }
    scenario = Scenario(tree: decoded.tree)
  }

  package var name: String { scenario.metadata.name ?? places.file }

  package func place(_ path: String) -> String { places.place(path) }

  func error(_ message: String, _ path: String) -> RehearsalError { RehearsalError("\(path): \(message)", at: place(path)) }

  func seconds(_ text: String, _ path: String) throws(RehearsalError) -> Double {
    do throws(LoadError) { return try LoadDuration.seconds(text) } catch { throw self.error(error.description, path) }
  }

  package func featureGates() throws(RehearsalError) -> Set<FeatureGate> {
    var gates: Set<FeatureGate> = []
    for member in scenario.spec.featureGates.members {
      do throws(FeatureGateError) {
        let gate = try FeatureGate.named(member.key.name)
        if member.value.bool == true { gates.insert(gate) }
      } catch { throw self.error(error.description, "spec.featureGates") }
    }
    return gates
  }

  // MARK: Nodes and start-up

  package func nodes() throws(RehearsalError) -> [VirtualNode]? {
    let nodes = scenario.spec.nodes
    if nodes.isAbsent { return nil }
    guard let count = nodes.count, let cpu = nodes.cpu.flatMap({ Quantity($0) }),
      let memory = nodes.memory.flatMap({ Quantity($0) }),
      cpu.milliValue > 0, cpu.format != .binarySI, memory.milliValue > 0
    else { throw error("cpu and memory are cores and bytes above 0", "spec.nodes") }
    return VirtualNode.workers(
      count, cpuMillicores: cpu.milliValue, memoryBytes: memory.milliValue / 1000, maxPods: nodes.pods ?? 110)
  }

  package func startUp() throws(RehearsalError) -> StartUp? {
    let startUp = scenario.spec.startUp
    guard let text = startUp.from else { return nil }
    let from = try seconds(text, "spec.startUp.from")
    let to = try startUp.to.map { (text) throws(RehearsalError) in try seconds(text, "spec.startUp.to") } ?? from
    guard from <= to else { throw error("is less than from", "spec.startUp.to") }
    return StartUp(appSeconds: from...to)
  }

  package func length() throws(RehearsalError) -> Double? {
    guard let text = scenario.spec.length else { return nil }
    let length = try seconds(text, "spec.length")
    guard length > 0 else { throw error("is no time", "spec.length") }
    return length
  }

  package func begins() throws(RehearsalError) -> CronSchedule? {
    guard let text = scenario.spec.begins else { return nil }
    do throws(CronError) { return try CronSchedule(text) } catch { throw self.error(error.message, "spec.begins") }
  }

  /// Images that a cluster of its own has from the beginning, with files as they are named.
  package func images() throws(RehearsalError) -> [PackedImage] {
    var images: [PackedImage] = []
    for (index, image) in scenario.spec.images.enumerated() {
      let path = "spec.images[\(index)]"
      let given = image.tree.members.map(\.key.name).filter { $0 != "name" }
      guard given.count == 1 else {
        throw error(
          "takes one of archive, program, tools; "
            + (given.isEmpty ? "there is none" : "there are " + given.joined(separator: " and ")), path)
      }
      let source = image.program.map { PackedImage.Source.program($0) } ?? image.archive.map { .archive($0) } ?? .tools
      images.append(PackedImage(name: image.name ?? "", source: source, place: place(path)))
    }
    return images
  }

  // MARK: Steps

  /// - Parameter objects: reads a file of manifests
  package func steps(
    _ objects: (String, String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) -> [RehearsalStep] {
    var steps: [RehearsalStep] = []
    for (index, step) in scenario.spec.steps.enumerated() {
      let path = "spec.steps[\(index)]"
      let second = try seconds(step.at ?? "", path + ".at")
      let given = step.tree.members.map(\.key.name).filter { $0 != "at" }
      guard given.count == 1 else {
        throw error(
          "takes one of apply, crash, delete, drain, image, kill, missingMetrics, patch, restore, scale; "
            + (given.isEmpty ? "there is none" : "there are " + given.joined(separator: " and ")), path)
      }
      steps.append(RehearsalStep(second, try action(step, path + "." + given[0], objects), at: place(path)))
    }
    return steps
  }

  private func action(
    _ step: ScenarioStep, _ path: String, _ objects: (String, String) throws(RehearsalError) -> [ManifestObject]
  ) throws(RehearsalError) -> RehearsalStep.Action {
    func target(_ text: String?) throws(RehearsalError) -> ObjectReferenceText {
      do throws(RehearsalError) { return try ObjectReferenceText(text ?? "", at: place(path)) } catch {
        throw self.error(error.message, path)
      }
    }
    if let file = step.apply { return .apply(try objects(file, place(path))) }
    if let text = step.delete { return .delete(try target(text)) }
    if let node = step.drain { return .drain(node: node) }
    if let node = step.kill { return .kill(node: node) }
    if let node = step.restore { return .restore(node: node) }
    if !step.crash.isAbsent {
      return .crash(try target(step.crash.target), count: step.crash.count ?? 1, code: step.crash.code ?? 1)
    }
    if !step.image.isAbsent {
      return .image(try target(step.image.target), container: step.image.container, image: step.image.image ?? "")
    }
    if !step.missingMetrics.isAbsent {
      return .silence(
        try target(step.missingMetrics.target), seconds: try seconds(step.missingMetrics.for ?? "", path + ".for"))
    }
    if !step.patch.isAbsent {
      return .patch(try target(step.patch.target), merge: step.patch.merge, subresource: step.patch.subresource)
    }
    guard let replicas = step.scale.replicas else { throw error("Required value", path + ".replicas") }
    return .scale(try target(step.scale.target), replicas: replicas)
  }

  // MARK: Expectations

  /// - Parameter autoscalers: of all runs
  package func expectations(of autoscalers: [ManifestObject]) throws(RehearsalError) -> [RunExpectation] {
    var expectations: [RunExpectation] = []
    for (index, wanted) in scenario.spec.expect.enumerated() {
      let path = "spec.expect[\(index)]"
      let given = wanted.tree.members.map(\.key.name).filter { !["name", "of", "runs"].contains($0) }
      guard given.count == 1 else {
        throw error(
          "takes one of aboveTargetBelow, apart, changesAtMost, fallsTo, neverAbove, neverBelow, noOutOfMemory, podHoursBelow, reaches, unmetBelow; "
            + (given.isEmpty ? "there is none" : "there are " + given.joined(separator: " and ")), path)
      }
      let rule = try rule(wanted, path + "." + given[0])
      let subject = try wanted.of.map { (text) throws(RehearsalError) in try self.subject(text, autoscalers, path + ".of") }
      expectations.append(RunExpectation(name: wanted.name, subject: subject, runs: wanted.runs.values, rule))
    }
    return expectations
  }

  /// The target of the one autoscaler that is meant.
  private func subject(_ text: String, _ autoscalers: [ManifestObject], _ path: String) throws(RehearsalError) -> String {
    let meant = autoscalers.filter { $0.isMeant(by: text) }
    let targets = Set(meant.map(\.targetTitle))
    if targets.count == 1 { return targets.first! }
    throw error(
      targets.isEmpty
        ? "there is no autoscaler or target '\(text)': there are \(autoscalers.names)"
        : "'\(text)' may be each of \(meant.names)", path)
  }

  /// What would hold, or happen, because nothing is there that it speaks of.
  package func requireSubjects(runs: [String], seconds: Double) throws(RehearsalError) {
    for (index, wanted) in scenario.spec.expect.enumerated() {
      let path = "spec.expect[\(index)]"
      for run in wanted.runs.values where !runs.contains(run) {
        throw error("there is no run '\(run)': there are \(runs.joined(separator: ", "))", path + ".runs")
      }
      if let after = wanted.reaches.after ?? wanted.fallsTo.after, try self.seconds(after, path) >= seconds {
        throw error("begins at \(after), when the run is over", path)
      }
    }
    for (index, load) in scenario.spec.load.enumerated() where load.shape != "linear" {
      for (place, point) in load.points.enumerated() {
        let path = "spec.load[\(index)].points[\(place)]"
        if try self.seconds(point.at ?? "", path) >= seconds {
          throw error("begins at \(point.at ?? ""), when the run is over", path)
        }
      }
    }
    for (index, step) in scenario.spec.steps.enumerated() where try self.seconds(step.at ?? "", "spec.steps") >= seconds {
      throw error("comes at \(step.at ?? ""), when the run is over", "spec.steps[\(index)]")
    }
  }

  private func rule(_ wanted: ScenarioExpectation, _ path: String) throws(RehearsalError) -> RunExpectation.Rule {
    if let text = wanted.aboveTargetBelow { return .aboveTargetBelow(seconds: try seconds(text, path)) }
    if let count = wanted.changesAtMost { return .changesAtMost(count) }
    if let count = wanted.neverAbove { return .neverAbove(count) }
    if let count = wanted.neverBelow { return .neverBelow(count) }
    if let hours = wanted.podHoursBelow { return .podHoursBelow(Quantity(hours).map { Double($0.milliValue) / 1000 } ?? 0) }
    if let text = wanted.unmetBelow {
      guard text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) else {
        throw error("wants a share such as 1%, not '\(text)'", path)
      }
      return .unmetBelow(percent / 100)
    }
    if wanted.noOutOfMemory != nil { return .noOutOfMemory }
    if !wanted.apart.isAbsent {
      return .apart(wanted.apart.replicas ?? 0, within: try seconds(wanted.apart.within ?? "", path + ".within"))
    }
    let isFall = wanted.reaches.isAbsent
    let reach = isFall ? wanted.fallsTo : wanted.reaches
    guard let replicas = reach.replicas else { throw error("Required value", path + ".replicas") }
    let within = try seconds(reach.within ?? "", path + ".within")
    let after = try reach.after.map { (text) throws(RehearsalError) in try seconds(text, path + ".after") } ?? 0
    return isFall ? .fallsTo(replicas, within: within, after: after) : .reaches(replicas, within: within, after: after)
  }
}
