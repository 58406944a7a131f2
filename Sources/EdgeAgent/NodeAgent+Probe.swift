import CoreNode
import EdgeHTTP
import EdgeLinux
import EdgeRuntime

extension NodeAgent {
  /// Machines do not work faster because the cluster's clock does: a probe or hook gets at least this much of the wall's time.
  private static let shortestTimeout = Duration.seconds(1)

  func probe(_ spec: ProbeSpec, node: String) async {
    let result = await attempt(spec.action, node: node, containerID: spec.containerID, timeoutSeconds: spec.timeoutSeconds)
    observe(
      NodeObservation(
        node: node,
        event: .probed(
          podUID: spec.podUID, containerID: spec.containerID, kind: spec.kind, success: result.success, message: result.message)))
  }

  func runHook(node: String, podUID: String, containerID: String, hook: ProbeAction, timeoutSeconds: Int) async {
    let result = await attempt(hook, node: node, containerID: containerID, timeoutSeconds: timeoutSeconds)
    observe(
      NodeObservation(
        node: node,
        event: .hookFinished(
          podUID: podUID, containerID: containerID, success: result.success == true, message: result.message)))
  }

  private func attempt(
    _ action: ProbeAction, node: String, containerID: String, timeoutSeconds: Int
  ) async -> (success: Bool?, message: String) {
    guard let entry = running[containerID] else { return (false, AgentError.noContainer(containerID).description) }
    let timeout = max(NodeAgent.shortestTimeout, configuration.wall(timeoutSeconds))
    do {
      let place = try place(of: node)
      switch action {
      case .exec(let command): return await probeByCommand(containerID, command, timeout)
      case .tcp(let host, let port):
        _ = try await place.connect(host ?? entry.address, port: UInt16(clamping: port), timeout: timeout)
        return (true, "")
      case .grpc(let port, let service):
        let socket = try await place.connect(entry.address, port: UInt16(clamping: port), timeout: timeout)
        let authority = "\(entry.address):\(port)"
        return try await within(timeout, orThrow: HTTPClientError.timedOut(authority)) {
          NodeAgent.result(try await HealthQuestion.ask(socket, service: service, authority: authority))
        }
      case .http(let scheme, let host, let port, let path, let headers):
        let origin = HTTPOrigin(isTLS: scheme.lowercased() == "https", host: host ?? entry.address, port: UInt16(clamping: port))
        return try await probe(origin, from: place, path: path, headers: headers, timeout)
      case .sleep(let seconds):
        try await Task.sleep(for: configuration.wall(seconds))
        return (true, "")
      }
    } catch { return (false, "\(error)") }
  }

  /// Source of the words: pkg/probe/grpc/grpc.go, v1.36.
  private static func result(_ answer: HealthQuestion.Answer) -> (Bool?, String) {
    switch answer {
    case .serving: (true, "service healthy")
    case .notServing(let state): (false, "service unhealthy (responded with \"\(state)\")")
    case .failed(12, _): (false, "this server does not implement the grpc health protocol (grpc.health.v1.Health)")
    case .failed(let code, let text): (false, "the health service answers with code \(code): \(text)")
    }
  }

  /// One GET whose answer's status is all that counts: success is 200 to 399 (kubernetes/pkg/probe/http, v1.36).
  private func probe(
    _ origin: HTTPOrigin, from place: NetworkNamespace, path: String, headers: [EnvironmentVariable], _ timeout: Duration
  ) async throws -> (Bool, String) {
    var fields: HTTPHeaders = ["user-agent": "kube-probe/1.36", "accept": "*/*", "connection": "close"]
    for header in headers { fields.append(header.name, header.value) }
    let request = HTTPClientRequest(.get, NodeAgent.target(path), headers: fields)
    let status = try await client(origin, from: place, patience: timeout).head(request, from: origin, within: timeout).status
    return ((200..<400).contains(status), "HTTP status \(status)")
  }

  /// Who answers is not asked for a certificate that somebody vouches for. (kubernetes/pkg/probe/http, v1.36)
  private static let tls = try? TLSContext(clientTrusting: [], isVerifying: false)

  /// Asks a server in the cluster's network, from a place in it.
  func client(_ origin: HTTPOrigin, from place: NetworkNamespace, patience: Duration) -> HTTPClient {
    HTTPClient(
      tls: NodeAgent.tls, patience: patience,
      routes: [.socket { try await place.connect(origin.host, port: origin.port, timeout: patience) }])
  }

  /// A path as a pod's author wrote it: nothing in it begins another line.
  static func target(_ path: String) -> String {
    (path.hasPrefix("/") ? path : "/" + path).filter { $0 != "\r" && $0 != "\n" && $0 != "\r\n" && $0 != " " }
  }

  /// A command that cannot be started is no answer. (kubernetes/pkg/probe/exec, v1.36)
  private func probeByCommand(_ containerID: String, _ command: [String], _ timeout: Duration) async -> (Bool?, String) {
    let session: ExecSession
    do { session = try await exec(containerID: containerID, command: command, terminal: false, stdin: false) } catch {
      return (nil, "\(error)")
    }
    let alarm = Task {
      try await Task.sleep(for: timeout)
      session.kill()
    }
    async let errors = ProbeOutput.read { try await session.readErrors() }
    let output = await ProbeOutput.read { try await session.readOutput() }
    let all = output + (await errors)
    let (code, problem) = await session.end()
    alarm.cancel()
    if case .success = await alarm.result { return (false, "the command did not end in time") }
    if let problem { return (nil, problem) }
    return (code == 0, String(decoding: all.prefix(ProbeOutput.limit), as: UTF8.self))
  }
}

/// What a probe said.
enum ProbeOutput {
  /// kubelet's limit (pkg/probe/exec, v1.36).
  static let limit = 10_240

  /// Reads to the end and keeps the beginning.
  static func read(_ next: () async throws -> [UInt8]) async -> [UInt8] {
    var all: [UInt8] = []
    while let bytes = try? await next(), !bytes.isEmpty {
      if all.count < limit { all += bytes }
    }
    return all
  }
}
