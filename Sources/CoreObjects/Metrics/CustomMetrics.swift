/// The numbers that pods show about themselves, as of their last scrapes: what autoscalers of custom metrics and
/// custom.metrics.k8s.io are answered from.
package struct CustomMetrics: Sendable {
  /// Series of one pod, and of all of them together.
  package static let podLimit = 2_000
  package static let limit = 200_000
  /// Bytes of a name or of a label's value, and labels of a series.
  package static let textLimit = 1_024
  package static let labelLimit = 32
  /// So many scrapes in a row may give nothing before the last numbers are forgotten.
  static let missesAllowed = 1

  private struct Source: Hashable, Sendable {
    var namespace: String
    var podUID: String
  }
  private struct Name: Hashable, Sendable {
    var namespace: String
    var metric: String
  }
  fileprivate struct Held: Sendable {
    var pod: String
    var at: Instant
    var beat: UInt64
    var misses = 0
    var problem: String?
    var metrics: [String: [MetricSeries]] = [:]
    /// Counters as they were read, by name and labels.
    var counters: [String: Double] = [:]
    var count = 0
  }
  private var held: [Source: Held] = [:]
  /// In the order of the last scrape.
  private var sources: [Source] = []
  /// Which sources have a metric, in the order in which they came.
  private var names: [Name: [Source]] = [:]
  private var beat: UInt64 = 0
  /// Series held now.
  package private(set) var count = 0

  /// Takes one scrape of everything. Pods that it does not name are forgotten, those that failed keep their numbers once.
  package mutating func add(_ scrapes: [PodScrape]) {
    beat += 1
    var present: [Source] = []
    present.reserveCapacity(scrapes.count)
    for scrape in scrapes {
      let source = Source(namespace: scrape.namespace, podUID: scrape.podUID)
      var next = held.removeValue(forKey: source) ?? Held(pod: scrape.pod, at: scrape.at, beat: 0)
      if next.beat != beat { present.append(source) }
      next.beat = beat
      next.pod = scrape.pod
      let before = next.metrics
      count -= next.count
      switch scrape.outcome {
      case .failed(let problem): miss(&next, problem)
      case .samples(let samples): apply(samples, at: scrape.at, &next)
      }
      count += next.count
      index(source, before, next.metrics)
      held[source] = next
    }
    for source in sources where held[source]?.beat != beat { remove(source) }
    sources = present
  }

  // MARK: Reading

  /// Why the last scrape of a pod gave nothing, if it did not.
  package func problem(namespace: String, podUID: String) -> String? {
    held[Source(namespace: namespace, podUID: podUID)]?.problem
  }

  /// The pod has been asked at least once.
  package func isKnown(namespace: String, podUID: String) -> Bool {
    held[Source(namespace: namespace, podUID: podUID)] != nil
  }

  /// What one pod shows under a name.
  package func metric(_ name: String, namespace: String, podUID: String) -> PodMetric? {
    read(Source(namespace: namespace, podUID: podUID), name)
  }

  /// What all pods of a namespace show under a name, sorted by pod.
  package func metrics(_ name: String, namespace: String) -> [PodMetric] {
    (names[Name(namespace: namespace, metric: name)] ?? []).compactMap { read($0, name) }.sorted { $0.pod < $1.pod }
  }

  /// Every name that some pod of a namespace shows, of all namespaces where it is nil; sorted.
  package func names(namespace: String?) -> [String] {
    var found: Set<String> = []
    for name in names.keys where namespace == nil || name.namespace == namespace { found.insert(name.metric) }
    return found.sorted()
  }

  /// What is known of an object: the series that a label named by its kind (`service="web"`) ties to it, a pod's own series and
  /// all that a namespace has. Pods without such a series are left out.
  package func metrics(_ name: String, namespace: String, ofKind kind: String, named object: String) -> [PodMetric] {
    let all = metrics(name, namespace: namespace)
    if kind == "Namespace" { return object == namespace ? all : [] }
    let label = Key(kind.lowercased())
    return all.compactMap { metric in
      if kind == "Pod", metric.pod == object { return metric }
      var chosen = metric
      chosen.series.removeAll { $0.labels[label] != object }
      return chosen.series.isEmpty ? nil : chosen
    }
  }

  private func read(_ source: Source, _ name: String) -> PodMetric? {
    guard let held = held[source], let series = held.metrics[name] else { return nil }
    return PodMetric(pod: held.pod, at: held.at, series: series)
  }

  // MARK: Writing

  private func miss(_ next: inout Held, _ problem: String) {
    next.problem = problem
    next.misses += 1
    guard next.misses > Self.missesAllowed else { return }
    next.metrics = [:]
    next.counters = [:]
    next.count = 0
  }

  private func apply(_ samples: [MetricSample], at now: Instant, _ next: inout Held) {
    let elapsed = Double((now - next.at).nanoseconds) / 1e9
    let before = next.counters
    next.problem = nil
    next.misses = 0
    next.metrics = [:]
    next.counters = [:]
    next.count = 0
    var refused = 0
    for sample in samples {
      guard next.count < Self.podLimit, count + next.count < Self.limit, Self.isWithinLimits(sample) else {
        refused += 1
        continue
      }
      guard sample.isCounter else {
        next.put(sample.name, sample.labels, sample.value)
        continue
      }
      let place = Self.identity(sample)
      next.counters[place] = sample.value
      next.count += 1
      guard let last = before[place], elapsed > 0 else { continue }
      // A counter that went back began again at 0.
      let grown = sample.value >= last ? sample.value - last : sample.value
      let name = sample.name.hasSuffix("_total") ? String(sample.name.dropLast(6)) : sample.name
      next.put(name, sample.labels, grown / elapsed)
    }
    next.at = now
    if refused > 0 {
      next.problem =
        "\(refused) series were left out: a pod may show \(Self.podLimit) of them, all pods \(Self.limit), each with "
        + "\(Self.labelLimit) labels and \(Self.textLimit) bytes for each text"
    }
  }

  private static func isWithinLimits(_ sample: MetricSample) -> Bool {
    func isShort(_ text: String) -> Bool { text.utf8.count <= textLimit }
    let labels = sample.labels.tree.members
    return sample.value.isFinite && isShort(sample.name) && labels.count <= labelLimit
      && labels.allSatisfy { isShort($0.key.name) && isShort($0.value.string ?? "") }
  }

  private static func identity(_ sample: MetricSample) -> String {
    var text = sample.name
    for member in sample.labels.tree.members { text += "\u{0}\(member.key.name)\u{0}\(member.value.string ?? "")" }
    return text
  }

  private mutating func index(_ source: Source, _ before: [String: [MetricSeries]], _ after: [String: [MetricSeries]]) {
    // A pod shows the same names each time, but for its first.
    for name in before.keys.sorted() where after[name] == nil { unlist(source, name) }
    for name in after.keys.sorted() where before[name] == nil {
      names[Name(namespace: source.namespace, metric: name), default: []].append(source)
    }
  }

  private mutating func unlist(_ source: Source, _ name: String) {
    let place = Name(namespace: source.namespace, metric: name)
    names[place]?.removeAll { $0 == source }
    if names[place]?.isEmpty == true { names[place] = nil }
  }

  private mutating func remove(_ source: Source) {
    guard let gone = held.removeValue(forKey: source) else { return }
    count -= gone.count
    index(source, gone.metrics, [:])
  }
}

extension CustomMetrics.Held {
  fileprivate mutating func put(_ name: String, _ labels: TextMap, _ value: Double) {
    let milli = (value * 1000).rounded()
    let series = MetricSeries(labels: labels, milli: Int64(exactly: max(-9e18, min(milli, 9e18))) ?? 0)
    metrics[name, default: []].append(series)
    count += 1
  }
}
