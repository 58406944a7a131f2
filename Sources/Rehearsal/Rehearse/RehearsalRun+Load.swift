import CoreLoad
import CoreNode
import CoreObjects
import CoreReport
import Simulation

extension RehearsalRun {
  /// A moment in seconds of the load.
  func second(_ at: Instant) -> Double { Double((at - zero).nanoseconds) / 1e9 }

  /// Plays the loads of an autoscaler up to a moment, with its pods as they were.
  mutating func play(_ autoscaler: Int, to now: Instant) {
    let from = fed[autoscaler].playedUntil ?? now
    if from < now {
      let first = fed[autoscaler].bindings.lowerBound
      for load in fed[autoscaler].loads.indices {
        plays[first + load].play(from: second(from), to: second(now), &fed[autoscaler].loads[load].pods)
      }
    }
    fed[autoscaler].playedUntil = max(from, now)
  }

  /// The pods of an autoscaler are others from now on, or on nodes that are lost or back.
  mutating func findPods(_ autoscaler: Int, isAnew: Bool = false) {
    play(autoscaler, to: cluster.now)
    fed[autoscaler].find(
      recorder, autoscaler: autoscaler, bindings, since: zero, lost: cluster.nodes.lostNodes, isAnew: isAnew)
  }

  /// What has changed of the pods holds for loads from now on.
  mutating func followPods() {
    for pod in recorder.turned {
      let autoscaler = recorder.pods[pod].autoscaler
      play(autoscaler, to: cluster.now)
      fed[autoscaler].set(pod, isReady: recorder.pods[pod].isReady)
    }
    recorder.turned.removeAll(keepingCapacity: true)
    while let autoscaler = recorder.changed.popFirst() { findPods(autoscaler) }
  }

  /// The load's last stretch.
  mutating func endLoads() {
    for autoscaler in fed.indices {
      play(autoscaler, to: cluster.now)
      for place in fed[autoscaler].bindings {
        recorder.load(bindings[place], plays[place].collect(), [], [], at: second(cluster.now))
      }
    }
  }

  /// What every container has used since the last scrape, and what metrics of other kinds say.
  mutating func feed(at now: Instant) {
    var feed = Feed(now: now, second: second(now))
    if !silences.isEmpty { feed.unmeasured = silent(at: now) }
    for autoscaler in fed.indices {
      play(autoscaler, to: now)
      fed[autoscaler].reset()
      for load in fed[autoscaler].loads.indices { charge(load, of: autoscaler, &feed) }
      fed[autoscaler].addAnnotated()
    }
    cluster.nodes.unmeasured = feed.unmeasured
    for autoscaler in fed.indices {
      for place in fed[autoscaler].usages.indices {
        let excess = fed[autoscaler].usages[place].charge(on: &cluster.nodes, at: now)
        if let excess { kill(fed[autoscaler].usages[place], excess, at: now) }
      }
    }
    for autoscaler in fed.indices {
      for place in fed[autoscaler].unloaded.indices {
        let excess = fed[autoscaler].unloaded[place].charge(on: &cluster.nodes, at: now)
        if let excess { kill(fed[autoscaler].unloaded[place], excess, at: now) }
      }
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

  private mutating func charge(_ load: Int, of autoscaler: Int, _ feed: inout Feed) {
    let place = fed[autoscaler].bindings.lowerBound + load
    let metric = bindings[place].metric
    // Processor time is counted up to the scrape; all else is what it is then.
    let isCPU = metric.isResource && metric.name == "cpu"
    let usage = plays[place].usage(at: feed.second, isMean: isCPU, &fed[autoscaler].loads[load].pods)
    switch metric.kind {
    case .resource: use(usage, isCPU: isCPU, load, of: autoscaler, &feed)
    case .pods: show(usage, place, fed[autoscaler].pods, &feed)
    case .object(let kind, let name):
      report(place, metric.labels(besides: [Member(key: Key(kind.lowercased()), value: .string(name))]), &feed)
    case .external: report(place, metric.labels(), &feed)
    }
    if recorder.isPlayed { recorder.load(bindings[place], plays[place].collect(), usage, fed[autoscaler].pods, at: feed.second) }
  }

  private mutating func use(_ usage: [LoadPlay.Usage?], isCPU: Bool, _ load: Int, of autoscaler: Int, _ feed: inout Feed) {
    func bytes(_ amount: Double) -> Int64 { Int64(max(0, min(amount, 9e18))) }
    for (usage, place) in zip(usage, fed[autoscaler].loads[load].usages) {
      if let usage {
        if isCPU {
          fed[autoscaler].usages[place].millicores = max(0, usage.amount * 1000)
        } else {
          (fed[autoscaler].usages[place].memoryBytes, fed[autoscaler].usages[place].peakBytes) = (
            bytes(usage.amount), bytes(usage.peak)
          )
        }
      } else if isCPU {
        fed[autoscaler].usages[place].isMeasured = false
      } else {
        feed.unmeasured.insert(fed[autoscaler].usages[place].uid)
      }
    }
  }

  private func show(_ usage: [LoadPlay.Usage?], _ load: Int, _ pods: [Int], _ feed: inout Feed) {
    let metric = bindings[load].metric
    let ready = max(1, pods.count { recorder.pods[$0].isReady })
    let waiting = plays[load].backlog.map { $0 / Double(ready) }
    for (place, usage) in zip(pods, usage) {
      let pod = recorder.pods[place]
      guard !feed.unmeasured.contains(pod.uid), let value = waiting ?? usage?.amount else { continue }
      let sample = MetricSample(metric.name, metric.labels(), value: value)
      if let index = feed.shown[place], case .samples(let samples) = feed.scrapes[index].outcome {
        feed.scrapes[index].outcome = .samples(samples + [sample])
        continue
      }
      feed.shown[place] = feed.scrapes.count
      feed.scrapes.append(
        PodScrape(namespace: pod.key.namespace, pod: pod.key.name, podUID: pod.uid, at: feed.now, .samples([sample])))
    }
  }

  private mutating func report(_ load: Int, _ labels: TextMap, _ feed: inout Feed) {
    guard let value = plays[load].backlog ?? plays[load].level(at: feed.second) else { return }
    let binding = bindings[load]
    feed.scrapes.append(
      PodScrape(
        namespace: autoscalers[binding.autoscaler].namespace, pod: "", podUID: binding.name, at: feed.now,
        .samples([MetricSample(binding.metric.name, labels, value: value)])))
  }

  private mutating func kill(_ usage: FedPods.Usage, _ container: (id: String, memoryLimitBytes: Int64), at now: Instant) {
    cluster.end(container.id, with: 137, .outOfMemory)
    let bytes = usage.peakBytes ?? usage.memoryBytes ?? 0
    recorder.kill(recorder.pods[usage.pod], usage.container, bytes: bytes, limit: container.memoryLimitBytes, at: now)
  }
}

extension LoadRecord {
  mutating func add(_ stretch: LoadPlay.Stretch) {
    offered.add(stretch.offered ?? .nan, at: stretch.start)
    served.add(stretch.offered == nil ? .nan : stretch.served, at: stretch.start)
    unmet.add(stretch.unmet, at: stretch.start)
  }
}
