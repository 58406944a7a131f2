package import CoreNode

/// Why a container could not be started. `reason` is what kubelet would write into the container's waiting state.
package enum ContainerError: Error, Equatable, CustomStringConvertible {
  /// The specification cannot be carried out with this image.
  case configuration(String)
  /// Its root or its files could not be made.
  case creation(String)
  /// crun refused, or the program could not be started.
  case start(String)

  package var reason: StartFailure {
    switch self {
    case .configuration: .configuration
    case .creation: .creation
    case .start: .run
    }
  }

  package var description: String {
    switch self {
    case .configuration(let message), .creation(let message), .start(let message): message
    }
  }
}
