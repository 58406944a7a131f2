import CoreJSON
import CoreStore

extension APIServer {
  /// Server-side apply.
  mutating func apply(_ patch: JSON, _ duplicates: [String], _ call: Call, _ options: WriteOptions) throws(APIError)
    -> APIResponse
  {
    throw .unsupportedMediaType(call.request.contentType, accepted: Array(APIServer.patchTypes.prefix(3)))
  }
}
