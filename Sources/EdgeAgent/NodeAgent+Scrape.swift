package import CoreObjects
import EdgeHTTP
import EdgeRuntime

/// Where a pod tells its metrics.
package struct ScrapeTarget: Sendable {
  package var namespace: String
  package var pod: String
  package var podUID: String
  package var address: String
  /// Whose own it is: a node reaches its pods whatever policies say.
  package var node: String
  /// nil where none can be told.
  package var port: UInt16?
  package var path: String

  /// From the annotations that Prometheus' own examples use; nil for a pod that does not want it, or does not run.
  package init?(_ pod: Pod) {
    let annotations = pod.metadata.annotations
    guard annotations["prometheus.io/scrape"] == "true", pod.status.phase == "Running", pod.metadata.deletionTimestamp == nil,
      let address = pod.status.podIP
    else { return nil }
    let first = pod.spec.containers.lazy.flatMap { $0.ports.compactMap(\.containerPort) }.first
    port = annotations["prometheus.io/port"].map { UInt16($0) } ?? first.flatMap { UInt16(exactly: $0) }
    namespace = pod.metadata.namespace ?? ""
    self.pod = pod.metadata.name ?? ""
    podUID = pod.metadata.uid ?? ""
    self.address = address
    node = pod.spec.nodeName ?? ""
    path = annotations["prometheus.io/path"] ?? "/metrics"
  }
}

extension NodeAgent {
  /// Bytes of one answer, and endpoints that are asked at once.
  private static let scrapeLimitBytes = 4 << 20
  private static let scrapesAtOnce = 16
  private static let scrapeTimeout = Duration.seconds(5)

  /// Asks every endpoint once.
  package func scrape(_ targets: [ScrapeTarget]) async -> [PodScrape] {
    await withTaskGroup(of: PodScrape.self) { group in
      var answers: [PodScrape] = []
      for (index, target) in targets.enumerated() {
        if index >= NodeAgent.scrapesAtOnce, let answer = await group.next() { answers.append(answer) }
        group.addTask { await self.scrape(target) }
      }
      for await answer in group { answers.append(answer) }
      return answers.sorted { ($0.namespace, $0.pod) < ($1.namespace, $1.pod) }
    }
  }

  private func scrape(_ target: ScrapeTarget) async -> PodScrape {
    let outcome = await outcome(target)
    return PodScrape(
      namespace: target.namespace, pod: target.pod, podUID: target.podUID, at: configuration.now(), outcome)
  }

  private func outcome(_ target: ScrapeTarget) async -> PodScrape.Outcome {
    guard let port = target.port else {
      return .failed("the annotation prometheus.io/port names no port, or it is missing and no container names one")
    }
    let place = "http://\(target.address):\(port)\(target.path)"
    do {
      let origin = HTTPOrigin(isTLS: false, host: target.address, port: port)
      let request = HTTPClientRequest(
        .get, NodeAgent.target(target.path), headers: ["accept": "text/plain", "connection": "close"])
      let answer = try await client(origin, from: try self.place(of: target.node), patience: NodeAgent.scrapeTimeout).send(
        request, to: origin, bodyLimit: NodeAgent.scrapeLimitBytes, within: NodeAgent.scrapeTimeout)
      guard answer.status == 200 else { return .failed("\(place) answers with HTTP status \(answer.status)") }
      let result = PrometheusText.parse(String(decoding: answer.body, as: UTF8.self))
      if let problem = result.problems.first, result.samples.isEmpty { return .failed("\(place): \(problem)") }
      return .samples(result.samples)
    } catch { return .failed("\(place): \(error)") }
  }
}
