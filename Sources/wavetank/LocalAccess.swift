import CoreControllers
import CoreEngine
import CoreObjects
import Daemon
import EdgeHTTP
import EdgeRuntime
import Rehearsal

/// A cluster of the same process, asked as its administrator.
struct LocalAccess: ClusterAccess {
  let cluster: Cluster

  func request(_ method: String, _ path: String, query: String, contentType: String, body: [UInt8]) async throws -> ClusterAnswer
  {
    let answer = await cluster.answer(
      HTTPMethod(rawValue: method) ?? .get, path, query: query, contentType: contentType, body: body)
    var collected: [UInt8] = []
    switch answer.body {
    case .bytes(let bytes): collected = bytes
    case .chunks(let chunks): collected = Array(chunks.joined())
    case .stream(let stream): while let bytes = await stream.read() { collected += bytes }
    case .upgrade: break
    }
    return ClusterAnswer(status: answer.status, body: collected)
  }

  func watch(
    _ path: String, _ choice: ObjectChoice, from revision: String, receive: @escaping @Sendable (ObjectEvent) -> Void
  ) async throws -> @Sendable () -> Void {
    let answer = await cluster.answer(.get, path, query: choice.watchQuery(from: revision))
    guard case .stream(let stream) = answer.body else { throw PracticeError.notWatched(path) }
    let reading = Task {
      let lines = JSONLines()
      while let bytes = await stream.read() { lines.receive(bytes).compactMap(ObjectEvent.init).forEach(receive) }
      receive(.ended)
    }
    return {
      reading.cancel()
      stream.finish()
    }
  }

  var now: Instant { cluster.host.clock.now }

  func wait(_ duration: Duration) async throws {
    let clock = cluster.host.clock
    try await Task.sleep(for: clock.wait(until: clock.now + duration))
  }

  func decision(ofAutoscaler name: String, namespace: String) -> Decision? {
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: namespace, name)
    return cluster.host.read { $0.controller(HorizontalPodAutoscalerController.self)?.decisions(key, at: now).last }
  }
}
