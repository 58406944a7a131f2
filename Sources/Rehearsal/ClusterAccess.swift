package import CoreControllers
package import CoreObjects

/// A cluster as its clients reach it, and its time.
package protocol ClusterAccess: Sendable {
  /// - Returns: the answer's status and body.
  /// - Throws: when no answer comes.
  func request(_ method: String, _ path: String, query: String, contentType: String, body: [UInt8]) async throws -> ClusterAnswer

  /// Watches the objects of a collection that are chosen, from a revision on.
  /// - Returns: what closes the watch.
  func watch(
    _ path: String, _ choice: ObjectChoice, from revision: String, receive: @escaping @Sendable (ObjectEvent) -> Void
  ) async throws -> @Sendable () -> Void

  /// The cluster's own time.
  var now: Instant { get }
  /// Lets that much of the cluster's time pass.
  func wait(_ duration: Duration) async throws

  /// The last decision of an autoscaler; nil where the cluster says no more than the object's status.
  func decision(ofAutoscaler name: String, namespace: String) -> Decision?
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

/// Which objects of a collection.
package enum ObjectChoice: Sendable {
  case all
  case name(String)
  case label(String, String)

  package var query: String {
    switch self {
    case .all: ""
    case .name(let name): "fieldSelector=metadata.name%3D" + name
    case .label(let key, let value): "labelSelector=\(key)%3D\(value)"
    }
  }

  package func watchQuery(from revision: String) -> String { "watch=1&resourceVersion=\(revision)&\(query)" }

  func includes(_ object: JSON) -> Bool {
    switch self {
    case .all: true
    case .name(let name): object[.metadata][.name].string == name
    case .label(let key, let value): object[.metadata][.labels][Key(key)].string == value
    }
  }
}

package enum ObjectEvent: Sendable {
  /// The object as it is now.
  case put(JSON)
  /// The object of that name is no longer among the chosen.
  case gone(String)
  /// No more events come.
  case ended

  /// A line of a watch; nil for what is no change, such as a bookmark.
  package init?(_ line: JSON) {
    let object = line["object"]
    switch line[.type].string {
    case "ADDED", "MODIFIED": self = .put(object)
    case "DELETED": self = .gone(object[.metadata][.name].string ?? "")
    default: return nil
    }
  }
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
