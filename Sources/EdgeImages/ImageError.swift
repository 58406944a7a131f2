package import CoreNode
import EdgeLinux

/// Why an image cannot be read, made, found or fetched.
package enum ImageError: Error, Equatable, CustomStringConvertible {
  case invalidName(String, reason: String)
  /// imagePullPolicy Never, and the image is not on the node.
  case neverPull(String)
  case pullFailed(String, reason: String)
  /// It is on the node, where it was pulled with secrets that this pod does not have, and is not to be pulled again.
  case secret(String)
  /// Its registry could not even be asked.
  case registryUnreachable(String, reason: String)
  /// `what` names the archive, and the member of it where there is one.
  case badArchive(what: String, reason: String)
  case notFound(String)
  /// What was to be packed is no file.
  case noProgram(String)
  case inUse(String)
  /// Neither docker nor podman can hand over the image.
  case engine(reason: String)
  /// The store's own files.
  case storage(path: String, reason: String)

  /// What kubelet puts into a container's waiting state.
  package var reason: ImageFailure {
    switch self {
    case .invalidName: .invalidName
    case .neverPull, .secret: .neverPull
    default: .pull
    }
  }

  package var description: String {
    switch self {
    case .invalidName(let name, let reason): "\"\(name)\" is no image name: \(reason)"
    case .neverPull(let name):
      "image \"\(name)\" is not on the node and its pull policy is Never: load it first (wavetank load docker-image \(name))"
    case .secret(let name):
      "image \"\(name)\" was pulled with secrets that this pod does not have, and its pull policy is Never"
    case .pullFailed(let name, let reason): "image \"\(name)\" cannot be pulled: \(reason)"
    case .registryUnreachable(let name, let reason):
      "image \"\(name)\" cannot be pulled: \(reason); without a registry, load it: wavetank load image-archive FILE"
    case .badArchive(let what, let reason): "\(what) is no image archive that can be loaded: \(reason)"
    case .notFound(let name): "there is no image \"\(name)\""
    case .noProgram(let path): "\(path): there is no such program to pack"
    case .inUse(let name): "image \"\(name)\" is used by a container"
    case .engine(let reason): reason
    case .storage(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// Runs a call on the store's files.
/// - Parameter path: what a failure is about; nil: what the call names.
func stored<Value>(_ path: String?, _ call: @autoclosure () throws(SystemError) -> Value) throws(ImageError) -> Value {
  do throws(SystemError) { return try call() } catch { throw .storage(path: path ?? error.path, reason: error.reason) }
}

func stored<Value>(_ call: @autoclosure () throws(SystemError) -> Value) throws(ImageError) -> Value {
  try stored(nil, try call())
}
