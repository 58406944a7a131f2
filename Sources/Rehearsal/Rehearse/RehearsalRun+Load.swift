import CoreLoad
import CoreNode
import CoreObjects
import CoreReport
import Simulation

extension RehearsalRun {
  /// What every container has used since the last scrape, and what metrics of other kinds say.
  mutating func feed(at now: Instant) {
    var feed = Feed(now: now, second: max(0, Double((now - zero).nanoseconds) / 1e9))
    feed.usages.reserveCapacity(lastUsages)
    if !silences.isEmpty { feed.unmeasured = silent(at: now) }
    var autoscaler = -1
    var running: [Int] = []
    var loaded: [LoadPod] = []
    for place in bindings.indices {
      let binding = bindings[place]
      if binding.autoscaler != autoscaler {
        autoscaler = binding.autoscaler
        running = recorder.running(autoscaler: autoscaler)
        feed.blocks.removeAll(keepingCapacity: true)
      }
      let level = binding.load.shape.level(at: feed.second, &cursors[place])
      loaded.removeAll(keepingCapacity: true)
      for pod in running { loaded.append(recorder.pods[pod].loaded(binding, at: now)) }
      let step = plays[place].step(at: feed.second, level: level, pods: loaded)
      switch binding.metric.kind {
      case .resource: use(step, binding, running, &feed)
      case .pods: show(step, binding, running, &feed)
      case .object(let kind, let name):
        report(
          step, level, binding, binding.metric.labels(besides: [Member(key: Key(kind.lowercased()), value: .string(name))]), &feed
        )
      case .external: report(step, level, binding, binding.metric.labels(), &feed)
      }
      if recorder.isPlayed { recorder.load(binding, step, running, at: feed.second) }
    }
    addAnnotated(&feed)
    lastUsages = feed.usages.count
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
    /// Where the usages begin that loads of the present autoscaler have made, one for each of its running pods.
    var blocks: [Int] = []
    var scrapes: [PodScrape] = []
    /// Of each pod its scrape: one holds all that a pod shows.
    var shown: [Int: Int] = [:]
    var unmeasured: Set<String> = []
  }

  /// What one container uses.
  struct Usage {
    /// Place of the pod.
    let pod: Int
    let container: String
    var isMeasured = true
    /// nil: no load speaks of it.
    var millicores: Double?
    var memoryBytes: Int64?
  }

  private func use(_ step: LoadPlay.Step, _ binding: LoadBinding, _ pods: [Int], _ feed: inout Feed) {
    let isMemory = binding.metric.name == "memory"
    let blocks = feed.blocks
    feed.blocks.append(feed.usages.count)
    for (index, amount) in step.usage.enumerated() {
      let container = recorder.pods[pods[index]].container(binding)
      // An earlier load may be on the same container; then that one is charged with both.
      let known = blocks.lazy.map { $0 + index }.first { feed.usages[$0].container == container }
      feed.usages.append(Usage(pod: pods[index], container: known == nil ? container : ""))
      let place = known ?? feed.usages.count - 1
      if let amount {
        if isMemory {
          feed.usages[place].memoryBytes = Int64(max(0, min(amount, 9e18)))
        } else {
          feed.usages[place].millicores = max(0, amount * 1000)
        }
      } else if isMemory {
        feed.unmeasured.insert(recorder.pods[pods[index]].uid)
      } else {
        feed.usages[place].isMeasured = false
      }
    }
  }

  /// Pods of whose usage no load speaks use what KWOK's annotations say.
  private func addAnnotated(_ feed: inout Feed) {
    let pods = recorder.members.joined().filter { recorder.pods[$0].annotated != nil && recorder.pods[$0].startedAt != nil }
    if pods.isEmpty { return }
    var known: [Int: Int] = [:]
    for (index, usage) in feed.usages.enumerated() where usage.container == recorder.pods[usage.pod].firstContainer {
      known[usage.pod] = index
    }
    for pod in pods {
      guard let annotated = recorder.pods[pod].annotated else { continue }
      let place = known[pod] ?? feed.usages.count
      if place == feed.usages.count { feed.usages.append(Usage(pod: pod, container: recorder.pods[pod].firstContainer)) }
      if feed.usages[place].isMeasured, feed.usages[place].millicores == nil {
        feed.usages[place].millicores = annotated.cpu.map { Double($0.nano) / 1e6 }
      }
      feed.usages[place].memoryBytes = feed.usages[place].memoryBytes ?? annotated.memory.map { $0.milliValue / 1000 }
    }
  }

  private func show(_ step: LoadPlay.Step, _ binding: LoadBinding, _ pods: [Int], _ feed: inout Feed) {
    let ready = max(1, pods.count { recorder.pods[$0].isReady })
    let isQueue = if case .queue = binding.load.model.kind { true } else { false }
    for (place, amount) in zip(pods, step.usage) {
      let pod = recorder.pods[place]
      guard !feed.unmeasured.contains(pod.uid), let value = isQueue ? step.backlog / Double(ready) : amount else { continue }
      let sample = MetricSample(binding.metric.name, binding.metric.labels(), value: value)
      if let index = feed.shown[place], case .samples(let samples) = feed.scrapes[index].outcome {
        feed.scrapes[index].outcome = .samples(samples + [sample])
        continue
      }
      feed.shown[place] = feed.scrapes.count
      feed.scrapes.append(
        PodScrape(namespace: pod.key.namespace, pod: pod.key.name, podUID: pod.uid, at: feed.now, .samples([sample])))
    }
  }

  private func report(
    _ step: LoadPlay.Step, _ level: Double?, _ binding: LoadBinding, _ labels: TextMap, _ feed: inout Feed
  ) {
    let value: Double? = if case .queue = binding.load.model.kind { step.backlog } else { level }
    guard let value else { return }
    feed.scrapes.append(
      PodScrape(
        namespace: autoscalers[binding.autoscaler].namespace, pod: "", podUID: binding.name, at: feed.now,
        .samples([MetricSample(binding.metric.name, labels, value: value)])))
  }

  private mutating func charge(_ usage: Usage, at now: Instant) {
    if usage.container.isEmpty { return }
    let place = usage.pod
    var hint = recorder.pods[place].containersHint
    let charged = cluster.nodes.charge(
      pod: recorder.pods[place].uid, usage.container, millicores: usage.isMeasured ? usage.millicores ?? 1 : nil,
      memoryBytes: usage.memoryBytes, at: now, hint: &hint)
    if hint != recorder.pods[place].containersHint { recorder.pods[place].containersHint = hint }
    guard let (id, limit) = charged, let bytes = usage.memoryBytes, let limit, bytes > limit else { return }
    cluster.end(id, with: 137, .outOfMemory)
    recorder.kill(recorder.pods[place], usage.container, bytes: bytes, limit: limit, at: now)
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
    let limit = isCPU ? limit(of: container(binding)) : nil
    return LoadPod(name: key.name, ageSeconds: age, isReady: isReady, limit: limit)
  }
}
