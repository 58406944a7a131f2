package import CoreJSON

/// A cluster as its clients reach it.
package protocol ClusterAccess: Sendable {
  /// - Returns: the answer's status and body.
  /// - Throws: when no answer comes.
  func request(_ method: String, _ path: String, query: String, contentType: String, body: [UInt8]) async throws -> ClusterAnswer
  /// The events of a watch, until it ends.
  func watch(_ path: String, query: String) async throws -> AsyncStream<JSON>
}

package struct ClusterAnswer: Sendable {
  package var status: Int
  package var body: [UInt8]

  package init(status: Int, body: [UInt8]) {
    self.status = status
    self.body = body
  }

  package var isSuccess: Bool { (200..<300).contains(status) }
  package var tree: JSON { (try? JSONParser.parse(body)) ?? .null }
  package var text: String { String(decoding: body, as: UTF8.self) }
}

extension ClusterAccess {
  /// An object; null where there is none.
  func get(_ path: String, query: String = "") async throws -> JSON {
    let answer = try await request("GET", path, query: query, contentType: "application/json", body: [])
    return answer.isSuccess ? answer.tree : .null
  }

  func create(_ path: String, _ object: JSON) async throws -> ClusterAnswer {
    try await request("POST", path, query: "", contentType: "application/json", body: object.encoded())
  }

  func patch(_ path: String, type: String, _ patch: JSON) async throws -> ClusterAnswer {
    try await request("PATCH", path, query: "", contentType: type, body: patch.encoded())
  }
}
