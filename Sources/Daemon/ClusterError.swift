package import EdgeAgent
package import EdgeHTTP
package import EdgeImages
package import EdgeJournal
package import EdgeLinux

/// Why a cluster does not start.
package enum ClusterError: Error, CustomStringConvertible {
  case journal(JournalError)
  case certificates(CertificateError)
  case listen(ListenError)
  case images(ImageError)
  case nodes(AgentError)
  case network(String)
  case file(SystemError)
  /// What was written down of its nodes and addresses.
  case damagedPlace(String)
  /// An object of the journal that cannot be read; nothing is dropped in silence.
  case damaged(object: String, reason: String)

  package var description: String {
    switch self {
    case .journal(let error): "\(error)"
    case .certificates(let error): "\(error)"
    case .listen(let error): "\(error)"
    case .images(let error): "\(error)"
    case .nodes(let error): "\(error)"
    case .network(let reason): "the cluster's network cannot be set up: \(reason)"
    case .damaged(let object, let reason):
      "the journal's \(object) is damaged (\(reason)): restore objects.db from a copy, or start with another --data-dir"
    case .damagedPlace(let path):
      "\(path) is damaged: delete it and say with --nodes how many there are; Services that have other addresses than 10.96.0.0/16 are lost"
    case .file(let error): "\(error.path): \(error.reason)"
    }
  }

  /// Makes one of another error.
  static func wrapping<Failure: Error, Value>(
    _ kind: (Failure) -> ClusterError, _ body: @autoclosure () throws(Failure) -> Value
  ) throws(ClusterError) -> Value {
    do throws(Failure) { return try body() } catch { throw kind(error) }
  }
}
