import EdgeHTTP
import EdgeLinux

/// Why a registry gave nothing.
enum RegistryFailure: Error {
  /// It has never answered.
  case unreachable(String)
  /// A little later it may work. `seconds`: how long the registry wants not to be asked.
  case passing(String, seconds: Int? = nil)
  /// It does not let this credential have it.
  case refused(String)
  case wrong(String)
  /// What it gave cannot be kept.
  case storage(path: String, reason: String)

  var reason: String {
    switch self {
    case .unreachable(let reason), .passing(let reason, _), .refused(let reason), .wrong(let reason): reason
    case .storage(let path, let reason): "\(path): \(reason)"
    }
  }

  /// - Parameter hasAnswered: something came from the registry before.
  init(_ error: any Error, hasAnswered: Bool) {
    switch error {
    case let failure as RegistryFailure: self = failure
    case let error as HTTPClientError:
      switch error {
      case .unknownHost, .unreachable, .tls, .timedOut, .closed:
        self = hasAnswered ? .passing("\(error)") : .unreachable("\(error)")
      case .badURL, .malformed, .bodyTooLarge: self = .wrong("\(error)")
      }
    case let error as SystemError: self = .storage(path: error.path, reason: error.reason)
    default: self = .wrong("\(error)")
    }
  }
}
