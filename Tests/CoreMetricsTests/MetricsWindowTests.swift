import Testing

@testable import CoreObjects

@Suite("The metrics window")
struct MetricsWindowTests {
  private func sample(
    _ container: String = "app", pod: String = "p", id: String = "1", at: Int64, started: Int64 = 0, cpu: Int64,
    memory: Int64 = 3 << 20
  ) -> UsageSample {
    UsageSample(
      node: "n", podUID: pod, container: container, containerID: id, at: Instant(seconds: at),
      startedAt: Instant(seconds: started),
      cpuNanoseconds: cpu, memoryUsage: memory, inactiveFile: 1 << 20, activeFile: 0, anonymous: 0)
  }

  @Test("cpu is the rate between two samples and memory the working set")
  func rate() throws {
    var window = MetricsWindow()
    window.add([sample(at: 100, cpu: 1_000_000_000)])
    #expect(window.podMetrics("p", containers: ["app"]) == nil)
    window.add([sample(at: 115, cpu: 4_000_000_000)])
    let usage = try #require(window.podMetrics("p", containers: ["app"]))
    #expect(usage.timestamp == Instant(seconds: 115) && usage.window == .seconds(15))
    #expect(usage.containers[0].cpuNanocores == 200_000_000)
    #expect("\(usage.containers[0].memory)" == "2Mi")
  }

  @Test("a container that has no sample keeps its pod out")
  func missing() {
    var window = MetricsWindow()
    window.add([sample(at: 100, cpu: 1)])
    window.add([sample(at: 115, cpu: 2), sample("side", at: 115, started: 113, cpu: 2)])
    #expect(window.podMetrics("p", containers: ["app", "side"]) == nil)
    #expect(window.podMetrics("p", containers: ["app", "other"]) == nil)
    #expect(window.podMetrics("p", containers: ["app"]) != nil)
  }

  @Test("a container younger than a scrape period counts from its start")
  func young() throws {
    var window = MetricsWindow()
    window.add([sample(at: 112, started: 100, cpu: 6_000_000_000)])
    let usage = try #require(window.podMetrics("p", containers: ["app"]))
    #expect(usage.window == .seconds(12) && usage.containers[0].cpuNanocores == 500_000_000)
  }

  @Test("a restart or a counter that goes back never gives a negative rate")
  func restart() {
    var window = MetricsWindow()
    window.add([sample(at: 100, cpu: 9_000_000_000)])
    window.add([sample(id: "2", at: 115, started: 113, cpu: 1_000)])
    #expect(window.podMetrics("p", containers: ["app"]) == nil)
    window.add([sample(id: "2", at: 130, started: 113, cpu: 500)])
    #expect(window.podMetrics("p", containers: ["app"]) == nil)
    window.add([sample(id: "2", at: 145, started: 113, cpu: 500)])
    #expect(window.podMetrics("p", containers: ["app"])?.containers[0].cpuNanocores == 0)
  }

  @Test("no rate begins at a reading that failed: what was used before and meanwhile is not taken for the use of one scrape")
  func unread() throws {
    var window = MetricsWindow()
    window.add([sample(at: 100, cpu: 9_000_000_000)])
    window.add([sample(at: 115, cpu: 12_000_000_000)])
    for second in [130, 145] as [Int64] {
      window.add([sample(at: second, cpu: -1)])
      #expect((window.podMetrics("p", containers: ["app"])?.containers[0].cpuNanocores ?? -1) == -1)
    }
    window.add([sample(at: 160, cpu: 20_000_000_000)])
    #expect(window.podMetrics("p", containers: ["app"]) == nil)
    window.add([sample(at: 175, cpu: 23_000_000_000)])
    #expect(window.podMetrics("p", containers: ["app"])?.containers[0].cpuNanocores == 200_000_000)
  }

  @Test("a scrape forgets the pods and containers of its node that it does not name")
  func forgetting() {
    var window = MetricsWindow()
    for at in [100, 115] as [Int64] {
      window.add([sample(at: at, cpu: at), sample("b", at: at, cpu: at), sample(pod: "q", at: at, cpu: at)])
    }
    window.add([sample(at: 130, cpu: 200)])
    #expect(window.podMetrics("q", containers: ["app"]) == nil)
    #expect(window.podMetrics("p", containers: ["app", "b"]) == nil)
    #expect(window.podMetrics("p", containers: ["app"]) != nil)
    window.remove(node: "n")
    #expect(window.podMetrics("p", containers: ["app"]) == nil)
  }

  @Test("a node has usage after two samples")
  func node() {
    var window = MetricsWindow()
    window.add([sample("", pod: "", at: 100, cpu: 0)])
    #expect(window.nodeMetrics("n") == nil)
    window.add([sample("", pod: "", at: 115, cpu: 15_000_000_000)])
    #expect(window.nodeMetrics("n")?.usage.cpuNanocores == 1_000_000_000)
  }

  @Test("a pod's samples are found where they were before, until another pod has the place")
  func places() {
    var window = MetricsWindow()
    window.add([sample(pod: "p", at: 100, cpu: 1), sample(pod: "q", at: 100, cpu: 1)])
    let place = window.place(ofPod: "p")
    #expect(place >= 0 && window.place(ofPod: "p", hint: place) == place)
    #expect(window.place(ofPod: "q", hint: place) != place && window.place(ofPod: "r", hint: place) == -1)
    window.add([sample(pod: "q", at: 115, cpu: 2)])
    #expect(window.place(ofPod: "p", hint: place) == -1)
    window.add([sample(pod: "q", at: 130, cpu: 3), sample(pod: "s", at: 130, cpu: 3)])
    #expect(window.place(ofPod: "s") == place && window.place(ofPod: "p", hint: place) == -1)
    window.add([sample(pod: "q", at: 145, cpu: 4), sample(pod: "s", at: 145, cpu: 4)])
    #expect(window.podMetrics("s", containers: ["app"]) != nil && window.podMetrics("p", containers: ["app"]) == nil)
    window.remove(node: "n")
    #expect(window.place(ofPod: "s", hint: place) == -1 && window.podMetrics("q", containers: ["app"]) == nil)
  }
}
