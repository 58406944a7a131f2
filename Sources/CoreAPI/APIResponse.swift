package import CoreObjects

/// What a request is answered with.
package enum APIResponse: Sendable {
  /// The whole answer. The body is the chunks after one another: cached objects are not copied to be listed.
  case body(status: Int, contentType: String, chunks: [[UInt8]], headers: [Header])
  /// 200 and events from now on; the engine keeps the watch until it ends.
  case watch(WatchRequest, contentType: String)
  /// A stream that a node serves: the edge connects the client with the container.
  case stream(StreamRequest)
  /// Another server answers: the edge passes the request on to it.
  case proxy(ProxyRequest)

  package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }
}

/// An authorised request for a stream from a container.
package struct StreamRequest: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case exec(command: [String], stdin: Bool, stdout: Bool, stderr: Bool, terminal: Bool)
    case attach(stdin: Bool, stdout: Bool, stderr: Bool, terminal: Bool)
    case portForward(ports: [Int])
    case log(LogOptions)
  }
  package var kind: Kind
  package var node: String
  package var namespace: String
  package var pod: String
  package var podUID: String
  package var container: String
  /// The running container; for logs the one whose log is wanted, empty where it never started.
  package var containerID: String
  /// The restart count of the container's status: its own attempt or a later one. Which one it was, `containerID` tells.
  package var attempt: Int
}

package struct LogOptions: Sendable, Equatable {
  package var follow = false
  package var timestamps = false
  package var tailLines: Int?
  package var limitBytes: Int?
  /// Only lines at or after this moment.
  package var since: Instant?
}
