import CoreObjects

/// A group of the node whose figures are told under labels.
private struct MetricSubject {
  let labels: MetricText.Labels
  let group: NodeReading.Container

  func sample(_ value: Double) -> (labels: MetricText.Labels, value: Double, at: Instant?) { (labels, value, group.usage.at) }
}

extension NodeReading {
  /// What metrics-server reads. Source of the names: pkg/kubelet/metrics/collectors/resource_metrics.go, v1.36.
  package var resourceMetrics: String {
    let node = MetricSubject(labels: [], group: Container(name: "", image: "", path: "/", usage: usage))
    let all = pods.map { MetricSubject(labels: [("namespace", $0.namespace), ("pod", $0.name)], group: $0.total) }
    let containers = pods.flatMap { pod in
      pod.containers.map {
        MetricSubject(labels: [("container", $0.name), ("namespace", pod.namespace), ("pod", pod.name)], group: $0)
      }
    }
    var out = MetricText()
    for (prefix, subjects) in [("container", containers), ("node", [node]), ("pod", all)] {
      out.family(
        prefix + "_cpu_usage_seconds_total", .counter, "CPU time used by the \(prefix), in seconds of a core",
        subjects.map { $0.sample(Double($0.group.usage.cpuNanoseconds) / 1e9) })
      out.family(
        prefix + "_memory_working_set_bytes", .gauge, "Memory of the \(prefix) that cannot be dropped at once",
        subjects.map { $0.sample(Double($0.group.usage.workingSet)) })
      out.family(
        prefix + "_swap_usage_bytes", .gauge, "Memory of the \(prefix) that was swapped out",
        subjects.map { $0.sample(Double($0.group.swapBytes)) })
    }
    out.family(
      "container_start_time_seconds", .gauge, "When the container was started, seconds since 1970",
      containers.map { ($0.labels, $0.group.usage.startedAt.fraction, $0.group.usage.at) })
    out.family("resource_scrape_error", .gauge, "1 where something could not be read", [([], 0, nil)])
    return out.text
  }

  /// What dashboards read. Source of the names: cadvisor, metrics/prometheus.go, and the labels that the kubelet gives them.
  package var containerMetrics: String {
    func labels(_ group: Container, _ pod: Pod?, isTotal: Bool) -> MetricText.Labels {
      [
        ("container", isTotal ? "" : group.name), ("id", group.path), ("image", isTotal ? "" : group.image),
        ("name", isTotal ? "" : group.usage.containerID), ("namespace", pod?.namespace ?? ""), ("pod", pod?.name ?? ""),
      ]
    }
    let node = Container(name: "", image: "", path: "/", usage: usage)
    var subjects = [MetricSubject(labels: labels(node, nil, isTotal: true), group: node)]
    var interfaces: [(labels: MetricText.Labels, at: Instant, interface: Interface)] = []
    func add(_ found: [Interface], _ subject: MetricSubject) {
      for one in found {
        interfaces.append((subject.labels + [("interface", one.name)], subject.group.usage.at, one))
      }
    }
    add(self.interfaces, subjects[0])
    for pod in pods {
      let total = MetricSubject(labels: labels(pod.total, pod, isTotal: true), group: pod.total)
      add(pod.interfaces, total)
      subjects.append(total)
      subjects += pod.containers.map { MetricSubject(labels: labels($0, pod, isTotal: false), group: $0) }
    }
    var out = MetricText()
    out.family(
      "container_cpu_usage_seconds_total", .counter, "CPU time used, in seconds of a core",
      subjects.map { ($0.labels + [("cpu", "total")], Double($0.group.usage.cpuNanoseconds) / 1e9, $0.group.usage.at) })
    let gauges: [(String, String, (Container) -> Double?)] = [
      ("container_memory_usage_bytes", "Memory used, with what is cached", { Double($0.usage.memoryUsage) }),
      ("container_memory_working_set_bytes", "Memory that cannot be dropped at once", { Double($0.usage.workingSet) }),
      ("container_memory_rss", "Memory that is no file's", { Double($0.usage.anonymous) }),
      ("container_memory_cache", "Memory that files are cached in", { Double($0.usage.inactiveFile + $0.usage.activeFile) }),
      ("container_memory_swap", "Memory that was swapped out", { Double($0.swapBytes) }),
      ("container_spec_memory_limit_bytes", "The limit of memory, 0 without one", { Double($0.memoryLimitBytes ?? 0) }),
      ("container_spec_cpu_period", "The period of the CPU limit, microseconds", { _ in 100_000 }),
      (
        "container_spec_cpu_quota", "The CPU limit of a period, microseconds",
        { $0.cpuLimitMillicores.map { Double($0 * 100) } }
      ),
      ("container_spec_cpu_shares", "The weight of the CPU request", { Double($0.cpuShares) }),
      ("container_start_time_seconds", "When it was started, seconds since 1970", { $0.usage.startedAt.fraction }),
      ("container_last_seen", "When it was measured, seconds since 1970", { $0.usage.at.fraction }),
    ]
    for (name, help, value) in gauges {
      out.family(name, .gauge, help, subjects.compactMap { subject in value(subject.group).map(subject.sample) })
    }
    let limited = subjects.filter { $0.group.cpuLimitMillicores != nil }
    out.family(
      "container_cpu_cfs_periods_total", .counter, "Periods of the CPU limit", limited.map { $0.sample(Double($0.group.periods)) }
    )
    out.family(
      "container_cpu_cfs_throttled_periods_total", .counter, "Periods in which the CPU limit was reached",
      limited.map { $0.sample(Double($0.group.throttledPeriods)) })
    out.family(
      "container_cpu_cfs_throttled_seconds_total", .counter, "How long the CPU limit held it back",
      limited.map { $0.sample(Double($0.group.throttledNanoseconds) / 1e9) })
    for (way, count) in [("receive", \Interface.received), ("transmit", \Interface.sent)] {
      let figures: [(String, KeyPath<Interface.Count, Int64>)] = [
        ("bytes", \.bytes), ("packets", \.packets), ("errors", \.errors), ("packets_dropped", \.dropped),
      ]
      for (what, figure) in figures {
        out.family(
          "container_network_\(way)_\(what)_total", .counter, "Of an interface since it was made",
          interfaces.map { ($0.labels, Double($0.interface[keyPath: count][keyPath: figure]), $0.at) })
      }
    }
    out.family("machine_cpu_cores", .gauge, "Cores of the machine", [([], Double(cores), nil)])
    out.family("machine_memory_bytes", .gauge, "Memory of the machine", [([], Double(memoryBytes), nil)])
    out.family("container_scrape_error", .gauge, "1 where something could not be read", [([], 0, nil)])
    return out.text
  }

  /// What the kubelet tells of itself. Source of the names: pkg/kubelet/metrics/metrics.go, v1.36.
  /// - Parameter version: "v1.36.2"
  package func ownMetrics(version: String) -> String {
    let numbers = version.drop { !$0.isNumber }.split(separator: ".")
    var out = MetricText()
    out.family("kubelet_node_name", .gauge, "The node's name, always 1", [([("node", name)], 1, nil)])
    out.family("kubelet_running_pods", .gauge, "Pods that run", [([], Double(pods.count), nil)])
    let count = pods.reduce(0) { $0 + $1.containers.count }
    out.family(
      "kubelet_running_containers", .gauge, "Containers that run", [([("container_state", "running")], Double(count), nil)])
    let build = [
      ("git_version", version), ("major", String(numbers.first ?? "")), ("minor", String(numbers.dropFirst().first ?? "")),
    ]
    out.family("kubernetes_build_info", .gauge, "The version that is spoken, always 1", [(build, 1, nil)])
    return out.text
  }
}

extension Instant {
  /// Seconds since 1970.
  fileprivate var fraction: Double { Double(nanoseconds / 1_000_000) / 1e3 }
}
