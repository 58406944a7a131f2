import CoreNode
import CoreObjects
import Testing

@Suite("What a kubelet tells of its node's figures")
struct NodeReadingTests {
  private static let at = Instant(seconds: 1_790_000_000)

  private static func group(_ name: String, uid: String = "", cpu: Int64, memory: Int64) -> NodeReading.Container {
    let usage = UsageSample(
      node: "one", podUID: uid, container: name, containerID: name.isEmpty ? "" : "c1", at: at, startedAt: at - .seconds(60),
      cpuNanoseconds: cpu, memoryUsage: memory, inactiveFile: 1000, activeFile: 24, anonymous: 500)
    return NodeReading.Container(name: name, image: "sha256:1", path: "/wt/" + name, usage: usage)
  }

  private static var reading: NodeReading {
    var main = group("main", uid: "u", cpu: 1_500_000_000, memory: 5000)
    main.cpuLimitMillicores = 500
    main.memoryLimitBytes = 10_000
    (main.periods, main.throttledPeriods, main.throttledNanoseconds) = (9, 4, 2_500_000_000)
    (main.rootBytes, main.logBytes) = (70, 30)
    var web = NodeReading.Pod(
      namespace: "shop", name: "web", uid: "u", total: group("", uid: "u", cpu: 2_000_000_000, memory: 6000), containers: [main])
    let file = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo:       9       9    9    9    0     0          0         0        9       9    9    9    0     0       0          0
        eth0:     100       2    3    4    0     0          0         0      500       6    7    8    0     0       0          0
      """
    web.interfaces = NodeReading.Interface.read(file)
    web.volumes = [.init(name: "data", usedBytes: 11, isScratch: false)]
    return NodeReading(
      name: "one", usage: group("", cpu: 9_000_000_000, memory: 90_000).usage, cores: 4, memoryBytes: 100_000,
      disk: .init(capacity: 1000, available: 400, used: 500, inodes: 50, inodesFree: 20), pods: [web])
  }

  @Test("what metrics-server reads has its names, labels, values and times")
  func resources() {
    let lines = Self.reading.resourceMetrics.split(separator: "\n").filter { !$0.hasPrefix("# HELP") }.map(String.init)
    let container = #"{container="main",namespace="shop",pod="web"}"#
    let pod = #"{namespace="shop",pod="web"}"#
    for line in [
      "# TYPE container_cpu_usage_seconds_total counter", "container_cpu_usage_seconds_total\(container) 1.5 1790000000000",
      "container_memory_working_set_bytes\(container) 4000 1790000000000",
      "container_start_time_seconds\(container) 1789999940 1790000000000",
      "container_swap_usage_bytes\(container) 0 1790000000000",
      "node_cpu_usage_seconds_total 9 1790000000000", "node_memory_working_set_bytes 89000 1790000000000",
      "pod_cpu_usage_seconds_total\(pod) 2 1790000000000", "pod_memory_working_set_bytes\(pod) 5000 1790000000000",
      "resource_scrape_error 0",
    ] { #expect(lines.contains(line), "\(line)") }
  }

  @Test("what dashboards read is told of the node, of each pod with its interfaces, and of each container with its limits")
  func containers() {
    let text = Self.reading.containerMetrics
    let container = #"{container="main",id="/wt/main",image="sha256:1",name="c1",namespace="shop",pod="web"}"#
    let pod = #"container="",id="/wt/",image="",name="",namespace="shop",pod="web""#
    for line in [
      "container_cpu_usage_seconds_total{\(container.dropFirst().dropLast()),cpu=\"total\"} 1.5 1790000000000",
      "container_memory_usage_bytes\(container) 5000 1790000000000", "container_memory_rss\(container) 500 1790000000000",
      "container_spec_cpu_quota\(container) 50000 1790000000000",
      "container_spec_memory_limit_bytes\(container) 10000 1790000000000",
      "container_cpu_cfs_throttled_periods_total\(container) 4 1790000000000",
      "container_cpu_cfs_throttled_seconds_total\(container) 2.5 1790000000000",
      "container_network_receive_bytes_total{\(pod),interface=\"eth0\"} 100 1790000000000",
      "container_network_transmit_packets_dropped_total{\(pod),interface=\"eth0\"} 8 1790000000000", "machine_cpu_cores 4",
      #"container_memory_usage_bytes{container="",id="/",image="",name="",namespace="",pod=""} 90000 1790000000000"#,
    ] { #expect(text.contains(line + "\n"), "\(line)") }
    #expect(!text.contains("interface=\"lo\"") && !text.contains("cfs_periods_total{container=\"\""))
  }

  @Test("the summary has node, pods and containers with what is known of each")
  func summary() {
    let summary = Self.reading.summary { uid, container in uid.isEmpty ? 7 : container == "main" ? 5 : nil }
    let node = summary["node"]
    #expect(node["nodeName"] == "one" && node["cpu"]["usageNanoCores"] == 7)
    #expect(node["memory"]["availableBytes"] == 11_000 && node["fs"]["usedBytes"] == 500 && node["fs"]["inodesFree"] == 20)
    let pod = summary["pods"][0]
    #expect(pod["podRef"] == ["name": "web", "namespace": "shop", "uid": "u"])
    #expect(pod["cpu"]["usageCoreNanoSeconds"] == 2_000_000_000 && pod["cpu"]["usageNanoCores"] == 5)
    #expect(pod["network"]["rxBytes"] == 100 && pod["network"]["interfaces"][0]["txErrors"] == 7)
    #expect(pod["volume"][0][.name] == "data" && pod["volume"][0]["usedBytes"] == 11)
    #expect(pod["ephemeral-storage"]["usedBytes"] == 100)
    let main = pod["containers"][0]
    #expect(main["memory"]["workingSetBytes"] == 4000 && main["memory"]["availableBytes"] == 6000)
    #expect(main["rootfs"]["usedBytes"] == 70 && main["logs"]["usedBytes"] == 30)
  }

  @Test("the summary has what belongs to no pod, threads, swap, and what a volume is of")
  func more() {
    var reading = Self.reading
    reading.threads = Reserve(available: 30, capacity: 100)
    reading.swap = Reserve(available: 4000, capacity: 10_000)
    reading.system = [Self.group("kubelet", cpu: 5, memory: 7000)]
    reading.system[0].pageFaults = 12
    (reading.pods[0].total.processes, reading.pods[0].total.swapBytes) = (8, 55)
    var scratch = NodeReading.Volume(name: "scratch", usedBytes: 900, isScratch: true)
    (scratch.usedInodes, scratch.claim) = (6, "own")
    scratch.disk = .init(capacity: 5000, available: 1, used: 2, inodes: 3, inodesFree: 4)
    reading.pods[0].volumes.append(scratch)
    let summary = reading.summary { _, _ in nil }
    let node = summary["node"]
    #expect(node["rlimit"]["maxpid"] == 100 && node["rlimit"]["curproc"] == 70)
    #expect(node["swap"]["swapUsageBytes"] == 6000 && node["swap"]["swapAvailableBytes"] == 4000)
    #expect(node["systemContainers"][0][.name] == "kubelet" && node["systemContainers"][0]["memory"]["workingSetBytes"] == 6000)
    #expect(node["systemContainers"][0]["memory"]["pageFaults"] == 12 && node["fs"]["inodesUsed"] == 30)
    let pod = summary["pods"][0]
    #expect(pod["process_stats"]["process_count"] == 8 && pod["swap"]["swapUsageBytes"] == 55)
    #expect(pod["volume"][1]["capacityBytes"] == 5000 && pod["volume"][1]["inodesUsed"] == 6)
    #expect(pod["volume"][1]["pvcRef"] == ["name": "own", "namespace": "shop"])
    #expect(pod["ephemeral-storage"]["usedBytes"] == 1000 && pod["ephemeral-storage"]["inodesUsed"] == 6)
  }
}
