/// A value of the wrong type: the request is a 400 BadRequest.
package struct DecodeError: Error, Sendable, Equatable, CustomStringConvertible {
  package var path: FieldPath
  /// What the schema wants there: "string", "integer (int32)", "list of objects", "quantity, for example 500m or 1Gi".
  package var expected: String
  /// What was there: "string \"three\"", "object".
  package var found: String

  package var description: String {
    let path = path.description
    return (path.isEmpty ? "the object" : path) + ": expected " + expected + ", found " + found
  }
}
