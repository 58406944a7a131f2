package import CoreControllers
package import CoreObjects
package import EdgeClient
import EdgeHTTP
import EdgeLinux

/// A cluster somewhere, reached as the context of a kubeconfig says.
package struct RemoteAccess: ClusterAccess {
  private let endpoint: ClusterEndpoint
  private let client: HTTPClient
  /// For watches, which may be silent for long.
  private let patient: HTTPClient
  private let sinceWall = SystemClock.wall - SystemClock.monotonic

  package init(_ endpoint: ClusterEndpoint) {
    self.endpoint = endpoint
    client = HTTPClient(tls: endpoint.tls, patience: .seconds(60))
    patient = HTTPClient(tls: endpoint.tls, patience: .seconds(24 * 3600))
  }

  private func request(
    _ method: String, _ path: String, _ query: String, _ contentType: String, _ body: [UInt8]
  ) -> HTTPClientRequest {
    var headers: HTTPHeaders = ["accept": "application/json", "user-agent": "wavetank"]
    if !body.isEmpty { headers.append("content-type", contentType) }
    if let token = endpoint.token { headers.append("authorization", "Bearer " + token) }
    let target = endpoint.prefix + path + (query.isEmpty ? "" : "?" + query)
    return HTTPClientRequest(HTTPMethod(rawValue: method) ?? .get, target, headers: headers, body: body)
  }

  package func request(
    _ method: String, _ path: String, query: String, contentType: String, body: [UInt8]
  ) async throws -> ClusterAnswer {
    let answer = try await client.send(request(method, path, query, contentType, body), to: endpoint.origin)
    return ClusterAnswer(status: answer.status, body: answer.body)
  }

  package func watch(
    _ path: String, _ choice: ObjectChoice, from revision: String, receive: @escaping @Sendable (ObjectEvent) -> Void
  ) -> @Sendable () -> Void {
    let request = request("GET", path, choice.watchQuery(from: revision), "", [])
    let reading = Task { [patient, endpoint] in
      let lines = JSONLines()
      _ = try? await patient.stream(request, to: endpoint.origin) { head, bytes in
        guard head.status == 200 else { return }
        lines.receive(bytes).compactMap(ObjectEvent.init).forEach(receive)
      }
      receive(.ended)
    }
    return { reading.cancel() }
  }

  /// The clock of this machine, which goes on evenly also where somebody sets it.
  package var now: Instant { Instant(nanoseconds: SystemClock.monotonic + sinceWall) }

  package func wait(_ duration: Duration) async throws { try await Task.sleep(for: duration) }

  package func decision(ofAutoscaler name: String, namespace: String) -> Decision? { nil }
}
