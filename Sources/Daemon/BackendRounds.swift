import CoreAPI
import CoreEngine
import CoreObjects
import EdgeHTTP
import EdgeRuntime
import Synchronization

/// Asks the servers behind APIServices, again and again, what they serve: what discovery shows of them, and whether they are up.
final class BackendRounds: Sendable {
  /// How often the APIServices are looked at, and how long an answer of a server counts. Source: a resync of 30 s,
  /// remote_available_controller.go, v1.36; one that failed is asked again sooner here.
  private static let period = Duration.seconds(1)
  private static let validity = (passed: Duration.seconds(30), failed: Duration.seconds(2))
  /// How often autoscalers' questions are asked, of cluster time; and, since a new one is not to wait so long, looked at.
  private static let metricPeriodSeconds = 15.0
  private static let metricLooks = 5.0
  private static let leastPause = Duration.milliseconds(50)
  /// Servers asked at once, and questions.
  private static let askedAtOnce = 8

  private struct Asked {
    var backend: ServiceBackend
    var until: ContinuousClock.Instant
  }

  private let host: EngineHost
  private let backends: Backends
  private let work = Mutex<[Task<Void, Never>]>([])

  init(host: EngineHost, backends: Backends) {
    self.host = host
    self.backends = backends
  }

  func start() {
    let task = Task.detached { [weak self] in
      var asked: [String: Asked] = [:]
      while !Task.isCancelled {
        await self?.round(&asked)
        try? await Task.sleep(for: BackendRounds.period)
      }
    }
    let metrics = Task.detached { [weak self, speed = host.clock.speed] in
      let period = Duration.nanoseconds(Int64(BackendRounds.metricPeriodSeconds * 1e9 / speed))
      var asked: [MetricQuery] = []
      var due = ContinuousClock.now
      while !Task.isCancelled {
        let isDue = due <= .now
        if isDue { due = .now + period }
        await self?.askForMetrics(&asked, isDue: isDue)
        try? await Task.sleep(for: max(period / BackendRounds.metricLooks, BackendRounds.leastPause))
      }
    }
    work.withLock { $0 = [task, metrics] }
  }

  func stop() async {
    let tasks = work.withLock { work in
      defer { work = [] }
      return work
    }
    for task in tasks { task.cancel() }
    await backends.close()
  }

  /// - Parameter asked: what was asked last time.
  private func askForMetrics(_ asked: inout [MetricQuery], isDue: Bool) async {
    let questions = host.read { $0.metricQuestions }
    let queries = questions.map(\.query)
    guard queries != asked || (isDue && !queries.isEmpty) else { return }
    asked = queries
    // A server that does not answer is not waited for again in the same round: the others' answers would come late.
    let silent = Mutex<[String: String]>([:])
    let answers = await Backends.each(of: questions, atOnce: BackendRounds.askedAtOnce) { query, backend in
      if let problem = silent.withLock({ $0[backend.apiService] }) { return AdapterAnswer(query, .failed(problem)) }
      do {
        let answer = try await self.backends.read(
          query.target, of: backend, as: Backends.autoscaler, limitBytes: AdapterAnswer.limitBytes)
        return AdapterAnswer(query, status: answer.status, body: answer.body)
      } catch {
        silent.withLock { $0[backend.apiService] = "\(error)" }
        return AdapterAnswer(query, .failed("\(error)"))
      }
    }
    // What failed because we stop says nothing about the servers.
    if Task.isCancelled { return }
    host.adapterMetrics(answers.sorted { $0.query < $1.query })
  }

  private func round(_ asked: inout [String: Asked]) async {
    let all = host.read { $0.backends }
    guard !all.isEmpty || !asked.isEmpty else { return }
    let now = ContinuousClock.now
    let due = all.filter { backend in
      guard let last = asked[backend.apiService] else { return true }
      return last.backend != backend || last.until <= now
    }
    let names = Set(all.map(\.apiService))
    asked = asked.filter { names.contains($0.key) }
    if due.isEmpty { return }
    let answers = await Backends.each(of: due, atOnce: BackendRounds.askedAtOnce) { await self.ask($0) }
    if Task.isCancelled { return }
    for answer in answers {
      let validity = if case .failed = answer.outcome { BackendRounds.validity.failed } else { BackendRounds.validity.passed }
      asked[answer.backend.apiService] = Asked(backend: answer.backend, until: .now + validity)
    }
    host.discovery(answers.sorted { $0.backend.apiService < $1.backend.apiService })
  }

  private func ask(_ backend: ServiceBackend) async -> DiscoveryAnswer {
    do {
      let answer = try await backends.read(DiscoveryAnswer.path(backend), of: backend, limitBytes: DiscoveryAnswer.limitBytes)
      return DiscoveryAnswer(backend, status: answer.status, body: answer.body)
    } catch { return DiscoveryAnswer(backend, .failed("\(error)")) }
  }
}

extension Backends {
  /// For the whole of an answer, however it trickles.
  private static let wholePatience = Duration.seconds(10)

  /// Who asks what a server serves. Source: remote_available_controller.go, v1.36.
  static let aggregator = Caller(name: "system:kube-aggregator", groups: ["system:masters"])
  /// Who asks for metrics: a server that asks back whether it may needs its role.
  static let autoscaler = Caller(
    name: "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"])

  /// Asks for the control plane itself.
  func read(
    _ target: String, of backend: ServiceBackend, as user: Caller = Backends.aggregator, limitBytes: Int
  ) async throws -> HTTPClientResponse {
    var headers: HTTPHeaders = ["accept": "application/json", "user-agent": "wavetank", "x-remote-user": user.name]
    for group in user.groups { headers.append("x-remote-group", group) }
    return try await client(backend).send(
      HTTPClientRequest(.get, target, headers: headers), to: Backends.origin(backend), bodyLimit: limitBytes,
      within: Backends.wholePatience)
  }

  /// Does something for each, a few at once; the results in no order.
  static func each<Element: Sendable, Result: Sendable>(
    of all: [Element], atOnce limit: Int, _ body: @escaping @Sendable (Element) async -> Result
  ) async -> [Result] {
    await withTaskGroup(of: Result.self) { group in
      var results: [Result] = []
      for (index, element) in all.enumerated() {
        if index >= limit, let result = await group.next() { results.append(result) }
        group.addTask { await body(element) }
      }
      for await result in group { results.append(result) }
      return results
    }
  }
}
