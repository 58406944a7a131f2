import CoreJSON
import CoreSchema
import CoreStore

/// From the body of a request to an object of the storage version.
extension APIServer {
  static let bodyTypes = ["application/json", protobufType]
  static let protobufType = "application/vnd.kubernetes.protobuf"

  /// What was wrong without being refused.
  struct Complaints {
    var unknown: [String] = []
    var duplicates: [String] = []

    var texts: [String] { unknown + duplicates.map { "duplicate field \"\($0)\"" } }
  }

  /// - Throws: 415 for other media types, 400 for what is no JSON, too deep or of another kind.
  func decodeBody(_ call: Call, _ options: WriteOptions, _ warnings: inout [String]) throws(APIError) -> JSON {
    let (tree, duplicates) = try APIServer.body(of: call.request)
    return try decode(tree, duplicates: duplicates, call.served, options, &warnings)
  }

  /// The body of a request that sends an object: JSON, or protobuf as typed clients since v1.33 send it.
  static func body(of request: APIRequest) throws(APIError) -> (value: JSON, duplicates: [String]) {
    switch mediaType(of: request.contentType) {
    case "application/json", "": return try parse(request.body)
    case protobufType:
      do throws(ProtobufError) { return (try Schema.shared.decodeProtobuf(request.body), []) } catch {
        throw .badRequest("the body is no object in protobuf: \(error)")
      }
    default: throw .unsupportedMediaType(request.contentType, accepted: bodyTypes)
    }
  }

  static func parse(_ body: [UInt8]) throws(APIError) -> (value: JSON, duplicates: [String]) {
    guard !body.isEmpty else { throw .badRequest("the request has no body") }
    do throws(JSONError) { return try JSONParser.parseReportingDuplicates(body) } catch {
      throw .badRequest("the body is no JSON document: \(error)")
    }
  }

  /// Checks apiVersion and kind, drops what the schema does not know, and converts to the storage version.
  func decode(
    _ tree: JSON, duplicates: [String], known: JSON = .null, _ served: ServedResource, _ options: WriteOptions,
    _ warnings: inout [String]
  ) throws(APIError) -> JSON {
    try APIServer.checkKind(tree, kind: served.definition.kind, apiVersion: served.version.apiVersion)
    var object = try decode(
      tree, as: served.version.typeName, title: "\(served.definition.kind) in version \"\(served.version.version)\"",
      duplicates: duplicates, known: known, options, &warnings)
    object.put(.kind, .string(served.definition.kind))
    object.put(.apiVersion, .string(served.version.apiVersion))
    if served.isStorageVersion { return object }
    Schema.shared.type(served.version.typeName).map { Schema.shared.setDefaults(&object, $0) }
    return served.resource.convert(object, from: served.version, to: served.storage)
  }

  /// Drops what the type does not have and complains about it as `options` says.
  /// - Parameter known: a decoded tree, of which what is the same is not looked at again
  func decode(
    _ tree: JSON, as typeName: String, title: @autoclosure () -> String, duplicates: [String] = [], known: JSON = .null,
    _ options: WriteOptions,
    _ warnings: inout [String]
  ) throws(APIError) -> JSON {
    guard tree.isObject else { throw .badRequest("\(title()) must be an object, not \(tree.typeName)") }
    guard let type = Schema.shared.type(typeName) else { throw .internalError("no schema for \(typeName)") }
    let decoded: Decoded
    do throws(DecodeError) { decoded = try Schema.shared.decode(tree, as: type, known: known) } catch {
      throw .badRequest("\(title()) cannot be handled: \(error)")
    }
    let complaints = Complaints(unknown: decoded.unknownFields, duplicates: duplicates).texts
    switch options.fieldValidation {
    case .ignore: break
    case .warn: warnings += complaints.prefix(64)
    case .strict:
      if !complaints.isEmpty {
        throw .badRequest("\(title()) cannot be handled: strict decoding error: \(complaints.prefix(64).joined(separator: ", "))")
      }
    }
    return decoded.tree
  }

  /// apiVersion and kind may be left out, but not be others.
  static func checkKind(_ tree: JSON, kind: String, apiVersion: String) throws(APIError) {
    guard tree.isObject else { throw .badRequest("the body must be an object of kind \(kind), not \(tree.typeName)") }
    let givenKind = tree[.kind].string ?? kind
    let givenVersion = tree[.apiVersion].string ?? apiVersion
    guard givenKind == kind, givenVersion == apiVersion else {
      throw .badRequest("the body is of kind \(givenKind) in \(givenVersion); this path takes \(kind) in \(apiVersion)")
    }
  }
}
