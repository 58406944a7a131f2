import CoreJSON
import Daemon
import EdgeHTTP
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

  func watch(_ path: String, query: String) async throws -> AsyncStream<JSON> {
    let answer = await cluster.answer(.get, path, query: query)
    guard case .stream(let stream) = answer.body else { throw PracticeRunError(description: "\(path) cannot be watched") }
    return AsyncStream { continuation in
      let reading = Task {
        let lines = JSONLines()
        while let bytes = await stream.read() {
          for event in lines.take(bytes) { continuation.yield(event) }
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in
        reading.cancel()
        stream.finish()
      }
    }
  }
}
