import CoreLoad
import CoreNode
import CoreObjects
import CoreReport
import Simulation

extension RehearsalRun {
  /// What every container has used since the last scrape, and what metrics of other kinds say.
  mutating func feed(at now: Instant) {
    var feed = Feed(now: now, second: max(0, Double((now - zero).nanoseconds) / 1e9))
    if !silences.isEmpty { feed.unmeasured = silent(at: now) }
    for place in bindings.indices {
      let binding = bindings[place]
      let pods = recorder.running(autoscaler: binding.autoscaler)
      let level = binding.load.shape.level(at: feed.second, &cursors[place])
      let step = plays[place].step(at: feed.second, level: level, pods: pods.map { $0.loaded(binding, at: now) })
      switch binding.metric.kind {
      case .resource: use(step, binding, pods, &feed)
      case .pods: show(step, binding, pods, &feed)
      case .object(let kind, let name):
        report(
          step, level, binding, binding.metric.labels(besides: [Member(key: Key(kind.lowercased()), value: .string(name))]), &feed
        )
      case .external: report(step, level, binding, binding.metric.labels(), &feed)
      }
      if recorder.isPlayed { recorder.load(binding, step, at: feed.second) }
    }
    addAnnotated(&feed)
    cluster.nodes.unmeasured = feed.unmeasured
    for usage in feed.usages { charge(usage, at: now) }
    if showsMetrics { cluster.report(feed.scrapes) }
    receive()
  }

  /// What is gathered for one scrape.
  struct Feed {
    let now: Instant
    let second: Double
    var usages: [Usage] = []
    var scrapes: [PodScrape] = []
    var unmeasured: Set<String> = []
  }

  /// What one container uses.
  struct Usage {
    let pod: String
    let container: String
    var isMeasured = true
    /// nil: no load speaks of it.
    var millicores: Double?
    var memoryBytes: Int64?
  }

  private func use(_ step: LoadPlay.Step, _ binding: LoadBinding, _ pods: [TrackedPod], _ feed: inout Feed) {
    let isMemory = binding.metric.name == "memory"
    for (pod, amount) in zip(pods, step.usage) {
      let container = pod.container(binding)
      let known = feed.usages.firstIndex { $0.pod == pod.uid && $0.container == container }
      var usage = known.map { feed.usages[$0] } ?? Usage(pod: pod.uid, container: container)
      if let amount {
        if isMemory { usage.memoryBytes = Int64(max(0, min(amount, 9e18))) } else { usage.millicores = max(0, amount * 1000) }
      } else if isMemory {
        feed.unmeasured.insert(pod.uid)
      } else {
        usage.isMeasured = false
      }
      if let known { feed.usages[known] = usage } else { feed.usages.append(usage) }
    }
  }

  /// Pods of whose usage no load speaks use what KWOK's annotations say.
  private func addAnnotated(_ feed: inout Feed) {
    for index in autoscalers.indices {
      for pod in recorder.running(autoscaler: index) {
        guard let annotated = pod.annotated else { continue }
        let known = feed.usages.firstIndex { $0.pod == pod.uid && $0.container == pod.firstContainer }
        var usage = known.map { feed.usages[$0] } ?? Usage(pod: pod.uid, container: pod.firstContainer)
        if usage.isMeasured, usage.millicores == nil { usage.millicores = annotated.cpu.map { Double($0.nano) / 1e6 } }
        usage.memoryBytes = usage.memoryBytes ?? annotated.memory.map { $0.milliValue / 1000 }
        if let known { feed.usages[known] = usage } else { feed.usages.append(usage) }
      }
    }
  }

  private func show(_ step: LoadPlay.Step, _ binding: LoadBinding, _ pods: [TrackedPod], _ feed: inout Feed) {
    let ready = max(1, pods.count { $0.isReady })
    for (pod, amount) in zip(pods, step.usage) where !feed.unmeasured.contains(pod.uid) {
      let isQueue = if case .queue = binding.load.model.kind { true } else { false }
      guard let value = isQueue ? step.backlog / Double(ready) : amount else { continue }
      feed.scrapes.append(
        PodScrape(
          namespace: pod.key.namespace, pod: pod.key.name, podUID: pod.uid, at: feed.now,
          .samples([MetricSample(binding.metric.name, binding.metric.labels(), value: value)])))
    }
  }

  private func report(
    _ step: LoadPlay.Step, _ level: Double?, _ binding: LoadBinding, _ labels: TextMap, _ feed: inout Feed
  ) {
    let value: Double? = if case .queue = binding.load.model.kind { step.backlog } else { level }
    guard let value else { return }
    feed.scrapes.append(
      PodScrape(
        namespace: autoscalers[binding.autoscaler].namespace, pod: "", podUID: binding.metric.name, at: feed.now,
        .samples([MetricSample(binding.metric.name, labels, value: value)])))
  }

  private mutating func charge(_ usage: Usage, at now: Instant) {
    guard let container = cluster.nodes.running(ofPod: usage.pod, at: now).first(where: { $0.name == usage.container }) else {
      return
    }
    cluster.nodes.charge(
      container.id, millicores: usage.isMeasured ? usage.millicores ?? 1 : nil, memoryBytes: usage.memoryBytes, at: now)
    guard let bytes = usage.memoryBytes, let limit = container.memoryLimitBytes, bytes > limit else { return }
    cluster.end(container.id, with: 137, .outOfMemory)
    if let pod = recorder.pods[usage.pod] { recorder.kill(pod, usage.container, bytes: bytes, limit: limit, at: now) }
  }
}

extension TrackedPod {
  /// The container that a load is on.
  func container(_ binding: LoadBinding) -> String {
    if case .resource(let container?) = binding.metric.kind { return container }
    return firstContainer
  }

  func loaded(_ binding: LoadBinding, at now: Instant) -> LoadPod {
    let age = Double((now - (startedAt ?? now)).nanoseconds) / 1e9
    let isCPU = if case .resource = binding.metric.kind { binding.metric.name == "cpu" } else { false }
    let limit = isCPU ? limits[container(binding)]?.millicores.map { $0 / 1000 } : nil
    return LoadPod(name: key.name, ageSeconds: age, isReady: isReady, limit: limit)
  }
}
