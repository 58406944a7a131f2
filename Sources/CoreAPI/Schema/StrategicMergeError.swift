/// A strategic merge patch that cannot be applied: the request is a 400 BadRequest.
package struct StrategicMergeError: Error, Sendable, Equatable, CustomStringConvertible {
  package var path: FieldPath
  package var message: String

  package var description: String {
    let path = path.description
    return path.isEmpty ? message : path + ": " + message
  }
}
