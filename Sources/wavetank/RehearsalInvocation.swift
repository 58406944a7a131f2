import CoreAPI
import CoreLoad
import CoreObjects
import CoreReport
import EdgeClient
import EdgeLinux
import Rehearsal

/// A rehearsal as the command line, and the scenario that it names, ask for it.
struct RehearsalInvocation {
  private(set) var input: RehearsalInput
  private var against: [(name: String, objects: [ManifestObject])] = []
  private(set) var expectations: [RunExpectation] = []
  /// For a cluster of its own.
  private(set) var images: [PackedImage] = []
  private var title = ""
  /// What was read, and what it holds.
  private var sources: [(name: String, note: String)] = []
  private var file: ScenarioFile?

  /// - Parameter others: files of autoscalers to lay beside today's
  init(_ invocation: Invocation<some RehearsalOptions>, against others: [String] = []) throws(RehearsalError) {
    input = RehearsalInput(objects: [], seconds: 0)
    input.timeZones = TimeZoneDatabase(read: ZoneFiles.read)
    guard invocation.scenario.count < 2 else { throw RehearsalError("one scenario at a time, not \(invocation.scenario.count)") }
    if let path = invocation.scenario.first { try read(scenario: path) }
    if !invocation.files.isEmpty {
      input.objects += try Manifests.read(invocation.files, skipsUnserved: invocation.skipsUnserved)
    }
    sources += Self.sources(input.objects)
    if input.objects.isEmpty { throw RehearsalError("wants a scenario, or manifests with -f") }
    if let text = invocation.length {
      input.seconds = try Self.seconds(text, "--for")
      if input.seconds == 0 { throw RehearsalError("'\(text)' is no time", at: "--for") }
    }
    let until = input.seconds > 0 ? input.seconds : .infinity
    for text in invocation.loads {
      let (load, file, reading) = try LoadOption.read(text, untilSecond: until)
      input.loads.append(load)
      sources.append((file, reading.note(load.metric)))
    }
    for file in others { try add(against: file, file, at: "--against") }
    if let text = invocation.featureGates {
      do throws(FeatureGateError) { input.featureGates = try FeatureGate.read(text) } catch {
        throw RehearsalError(error.description, at: "--feature-gates")
      }
    }
    if let text = invocation.seed { input.seed = UInt64(text) ?? 1 }
    if let text = invocation.startUp {
      let seconds = try Self.seconds(text, "--start-up")
      input.startUp = StartUp(appSeconds: seconds...seconds)
    }
    if let text = invocation.nodes { input.nodes = try NodesOption.read(text) }
    if input.seconds == 0 { input.seconds = input.loads.map(\.shape.endSecond).max() ?? 0 }
    if input.seconds == 0 {
      if let measured = input.loads.first(where: \.isMeasured) {
        throw RehearsalError("it has one moment only: --for says how long that holds", at: measured.place)
      }
      throw RehearsalError(
        (input.loads.isEmpty ? "there is no load, as in --load cpu=cpu.csv: " : "no load has an end: ")
          + "--for says how long to play")
    }
    for load in input.loads { try requireEnd(of: load) }
    input.alternatives = against.flatMap(\.objects)
    expectations = try file?.expectations(of: input.objects.filter(\.isAutoscaler) + input.alternatives) ?? []
    // A run that is cut short on purpose may leave things out.
    try file?.requireSubjects(
      runs: [RunRecord.today, RunRecord.simulated, RunRecord.live] + against.map(\.name),
      seconds: invocation.length == nil ? input.seconds : .infinity)
  }

  /// A series that ends before the run would go on with its last number, which nobody has measured.
  private func requireEnd(of load: RehearsalLoad) throws(RehearsalError) {
    let end = load.shape.endSecond
    if !load.isMeasured || end + Self.lastSampleSeconds >= input.seconds { return }
    throw RehearsalError(
      "its numbers end at \(Elapsed.text(end)), the run at \(Elapsed.text(input.seconds)): play it for a shorter time",
      at: load.place)
  }

  /// For so long the last sample of a file may stand.
  private static let lastSampleSeconds = 300.0

  /// Runs with the autoscalers of a file: where it holds one several times, as a file of `tune --output` does, one for each time.
  private mutating func add(against name: String, _ path: String, at place: String) throws(RehearsalError) {
    let found = try Manifests.all([path]).filter(\.isAutoscaler)
    if found.isEmpty { throw RehearsalError("there is no HorizontalPodAutoscaler in \(path)", at: place) }
    var counts: [String: Int] = [:]
    let numbered = found.map { one in
      counts["\(one.namespace)/\(one.name)", default: 0] += 1
      return (one, number: counts["\(one.namespace)/\(one.name)"]!)
    }
    sources += Self.sources(found)
    let runs = counts.values.max() ?? 1
    let title = title(name)
    for run in 1...runs {
      against.append(
        (
          runs == 1 ? title : "\(title)#\(run)",
          numbered.filter { one, number in number == run || counts["\(one.namespace)/\(one.name)"] == 1 }.map(\.0)
        ))
    }
  }

  /// A file without its folder, unless another run has that name.
  private func title(_ file: String) -> String {
    let short = file.lastIndex(of: "/").map { String(file[file.index(after: $0)...]) } ?? file
    func isFree(_ name: String) -> Bool {
      ![RunRecord.today, RunRecord.simulated, RunRecord.live].contains(name)
        && !against.contains { $0.name == name || $0.name.hasPrefix(name + "#") }
    }
    if let name = [short, file].first(where: { !$0.isEmpty && isFree($0) }) { return name }
    return (2...).lazy.map { "\(file) (\($0))" }.first(where: isFree)!
  }

  private static func seconds(_ text: String, _ option: String) throws(RehearsalError) -> Double {
    do throws(LoadError) { return try LoadDuration.seconds(text) } catch { throw RehearsalError(error.description, at: option) }
  }

  /// The files that objects are from, with the objects in each.
  private static func sources(_ objects: [ManifestObject]) -> [(name: String, note: String)] {
    objects.reduce(into: [(name: String, titles: [String])]()) { files, object in
      if files.last?.name != object.file { files.append((object.file, [])) }
      files[files.count - 1].titles.append(object.title)
    }.map { file in
      let left = file.titles.count - namedObjects
      return (file.name, file.titles.prefix(namedObjects).joined(separator: ", ") + (left > 0 ? " and \(left) more" : ""))
    }
  }

  private static let namedObjects = 10

  // MARK: The scenario

  private mutating func read(scenario path: String) throws(RehearsalError) {
    let (tree, places) = try Self.document(path, hint: ": a scenario is one, and manifests go with -f")
    let file = try ScenarioFile(tree, places)
    self.file = file
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    func beside(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }
    let spec = file.scenario.spec
    let skips = spec.skipUnserved ?? false
    title = file.name
    input.seed = UInt64(bitPattern: Int64(spec.seed ?? 1))
    input.objects = try Manifests.read(spec.manifests.values.map(beside), skipsUnserved: skips)
    input.nodes = try file.nodes() ?? input.nodes
    input.startUp = try file.startUp() ?? input.startUp
    input.featureGates = try file.featureGates()
    input.begins = try file.begins()
    images = try file.images().map { image in
      var image = image
      switch image.source {
      case .program(let path): image.source = .program(beside(path))
      case .archive(let path): image.source = .archive(beside(path))
      case .tools: break
      }
      return image
    }
    input.seconds = try file.length() ?? 0
    let until = input.seconds > 0 ? input.seconds : .infinity
    var read = [(name: path, note: "scenario \(file.name)")]
    input.loads = try file.loads { (name, selection, place) throws(RehearsalError) in
      var selection = selection
      selection.untilSecond = until
      do throws(RehearsalError) {
        let reading = try SeriesFile.read(beside(name), selection)
        read.append((beside(name), reading.note(selection.metric ?? "")))
        return reading.series
      } catch { throw RehearsalError(error.description, at: place) }
    }
    input.steps = try file.steps { (name, place) throws(RehearsalError) in
      let objects = try Manifests.read([beside(name)], skipsUnserved: skips)
      read += Self.sources(objects)
      return objects
    }
    for name in spec.tests.values {
      input.tests.append(try Self.test(beside(name)))
      read.append((beside(name), "test \(input.tests.last!.name)"))
    }
    sources += read
    for (index, name) in spec.against.values.enumerated() {
      try add(against: name, beside(name), at: file.place("spec.against[\(index)]"))
    }
  }

  /// The only document of a file.
  private static func document(_ path: String, hint: String = "") throws(RehearsalError) -> (JSON, FieldPlaces) {
    let text: String
    do throws(SystemError) { text = try Files.readText(path, limit: 16 << 20) } catch {
      throw RehearsalError(error.reason, at: path)
    }
    do throws(YAMLError) {
      let (value, lines) = try YAMLReader.single(text, hint: hint)
      return (value, FieldPlaces(file: path, lines: lines))
    } catch { throw RehearsalError(error.message, at: "\(path):\(error.line)") }
  }

  private static func test(_ path: String) throws(RehearsalError) -> ChainsawTest {
    let (tree, places) = try document(path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return try ChainsawTest(tree, places) { (name) throws(RehearsalError) in
      try Manifests.all([name.hasPrefix("/") ? name : folder + name])
    }
  }

  // MARK: The runs

  /// - Parameter live: the run on a cluster, and how it began: the simulated ones begin as it did
  func play(beside live: (record: RunRecord, beginning: RunBeginning)? = nil) throws(RehearsalError) -> Rehearsed {
    var input = input
    input.beginning = live?.beginning
    var runs = [try RehearsalRun.play(input, name: live == nil ? RunRecord.today : RunRecord.simulated)]
    if let live { runs.append(live.record) }
    for (name, objects) in against { runs.append(try RehearsalRun.play(input, name: name, replacing: objects)) }
    var rehearsed = Rehearsed(
      title: title.isEmpty ? runs[0].autoscalers.map(runs[0].target).joined(separator: ", ") : title, runs: runs,
      command: command,
      version: Product.version, seed: input.seed, startedAt: live?.beginning.zero ?? RehearsalRun.usualStart)
    rehearsed.sources = sources
    rehearsed.live = live.map { _ in 1 }
    // Today's autoscalers are those of both runs where one is on a cluster.
    let own = live == nil ? [RunRecord.simulated: [RunRecord.today]] : [RunRecord.today: [RunRecord.simulated, RunRecord.live]]
    rehearsed.judge(
      expectations.map { expectation in
        var expectation = expectation
        expectation.runs = expectation.runs.flatMap { own[$0] ?? [$0] }
        return expectation
      })
    return rehearsed
  }

  /// What plays it again.
  private var command: String {
    (["wavetank", "rehearse"] + CommandLine.arguments.dropFirst(2)).map(ShellWord.quoted).joined(separator: " ")
  }
}

extension LoadReading {
  /// "241 samples of cpu in 1:00:00, 15 s apart, of 3 series, 2 missing"
  fileprivate func note(_ metric: String) -> String {
    "\(samples) sample\(samples == 1 ? "" : "s") of \(metric) in \(Elapsed.text(series.end))"
      + (stepSeconds.map { ", \(Elapsed.text($0)) apart" } ?? "") + (seriesCount > 1 ? ", of \(seriesCount) series" : "")
      + (missing > 0 ? ", \(missing) missing" : "")
  }
}
