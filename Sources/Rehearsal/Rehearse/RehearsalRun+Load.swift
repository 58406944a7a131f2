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
    for autoscaler in fed.indices {
      if fed[autoscaler].version != recorder.versions[autoscaler] {
        fed[autoscaler].find(recorder, autoscaler: autoscaler, bindings)
      }
      fed[autoscaler].reset(at: now)
      for load in fed[autoscaler].loads.indices { play(load, of: autoscaler, &feed) }
      fed[autoscaler].addAnnotated()
    }
    cluster.nodes.unmeasured = feed.unmeasured
    for autoscaler in fed.indices {
      for usage in 0..<fed[autoscaler].firstUnloaded { charge(usage, of: autoscaler, at: now) }
    }
    for autoscaler in fed.indices {
      for usage in fed[autoscaler].firstUnloaded..<fed[autoscaler].usages.count { charge(usage, of: autoscaler, at: now) }
    }
    if showsMetrics { cluster.report(feed.scrapes) }
    receive()
  }

  /// What is gathered for one scrape.
  struct Feed {
    let now: Instant
    let second: Double
    var scrapes: [PodScrape] = []
    /// Of each pod its scrape: one holds all that a pod shows.
    var shown: [Int: Int] = [:]
    var unmeasured: Set<String> = []
  }

  private mutating func play(_ load: Int, of autoscaler: Int, _ feed: inout Feed) {
    let place = fed[autoscaler].bindings.lowerBound + load
    let level = bindings[place].load.shape.level(at: feed.second, &cursors[place])
    let step = plays[place].step(at: feed.second, level: level, pods: fed[autoscaler].loads[load].pods)
    let metric = bindings[place].metric
    switch metric.kind {
    case .resource: use(step, isMemory: metric.name == "memory", load, of: autoscaler, &feed)
    case .pods: show(step, bindings[place], fed[autoscaler].pods, &feed)
    case .object(let kind, let name):
      let labels = metric.labels(besides: [Member(key: Key(kind.lowercased()), value: .string(name))])
      report(step, level, bindings[place], labels, &feed)
    case .external: report(step, level, bindings[place], metric.labels(), &feed)
    }
    if recorder.isPlayed { recorder.load(bindings[place], step, fed[autoscaler].pods, at: feed.second) }
  }

  private mutating func use(_ step: LoadPlay.Step, isMemory: Bool, _ load: Int, of autoscaler: Int, _ feed: inout Feed) {
    for index in step.usage.indices {
      let place = fed[autoscaler].loads[load].usages[index]
      if let amount = step.usage[index] {
        if isMemory {
          fed[autoscaler].usages[place].memoryBytes = Int64(max(0, min(amount, 9e18)))
        } else {
          fed[autoscaler].usages[place].millicores = max(0, amount * 1000)
        }
      } else if isMemory {
        feed.unmeasured.insert(fed[autoscaler].usages[place].uid)
      } else {
        fed[autoscaler].usages[place].isMeasured = false
      }
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

  private mutating func charge(_ place: Int, of autoscaler: Int, at now: Instant) {
    guard let (id, limit) = fed[autoscaler].usages[place].charge(on: &cluster.nodes, at: now) else { return }
    let usage = fed[autoscaler].usages[place]
    cluster.end(id, with: 137, .outOfMemory)
    recorder.kill(recorder.pods[usage.pod], usage.container, bytes: usage.memoryBytes ?? 0, limit: limit, at: now)
  }
}
