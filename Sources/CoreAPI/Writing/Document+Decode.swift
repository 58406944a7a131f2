import CoreObjects

/// From the body of a request to a document, and from a document to an object of the storage version.
extension Document {
  static let bodyTypes = ["application/json", protobufType]
  static let protobufType = "application/vnd.kubernetes.protobuf"
  /// Warnings about unknown and repeated fields of one document at the most.
  private static let complaintLimit = 64

  /// The body of a request that sends an object: JSON, or protobuf as typed clients since v1.33 send it.
  /// - Throws: 415 for other media types, 400 for what is no such document
  init(bodyOf request: APIRequest) throws(APIError) {
    switch mediaType(of: request.contentType) {
    case "application/json", "": try self.init(json: request.body)
    case Document.protobufType:
      do throws(ProtobufError) { self.init(try Schema.shared.decodeProtobuf(request.body)) } catch {
        throw .badRequest("the body is no object in protobuf: \(error)")
      }
    default: throw .unsupportedMediaType(request.contentType, accepted: Document.bodyTypes)
    }
  }

  init(json body: [UInt8]) throws(APIError) {
    guard !body.isEmpty else { throw .badRequest("the request has no body") }
    do throws(JSONError) {
      let (tree, duplicates) = try JSONParser.parseReportingDuplicates(body)
      self.init(tree: tree, duplicates: duplicates)
    } catch { throw .badRequest("the body is no JSON document: \(error)") }
  }

  /// Checks apiVersion and kind, drops what the schema does not know, and converts to the storage version.
  func decode(into draft: inout Draft) throws(APIError) {
    // A program has read what it writes: the rest of it is known.
    let known = draft.old?.tree ?? .null
    draft.tree = try decoded(draft.served, known: known, draft.actor.fieldValidation, &draft.warnings)
  }

  /// - Parameter known: a decoded tree, of which what is the same is not looked at again
  func decoded(
    _ served: ServedResource, known: JSON = .null, _ validation: FieldValidation, _ warnings: inout [String]
  ) throws(APIError) -> JSON {
    try checkKind(served.definition.kind, apiVersion: served.version.apiVersion)
    var object = try decoded(
      as: served.type, title: "\(served.definition.kind) in version \"\(served.version.version)\"", known: known,
      validation, &warnings)
    object.put(.kind, .string(served.definition.kind))
    object.put(.apiVersion, .string(served.version.apiVersion))
    if served.isStorageVersion { return object }
    served.type.map { Schema.shared.setDefaults(&object, $0) }
    return served.resource.convert(object, from: served.version, to: served.storage)
  }

  /// Drops what the type does not have, and complains about it as `validation` says.
  func decoded(
    as type: TypeSchema?, title: @autoclosure () -> String, known: JSON = .null, _ validation: FieldValidation,
    _ warnings: inout [String]
  ) throws(APIError) -> JSON {
    guard tree.isObject else { throw refusal("\(title()) must be an object, not \(tree.typeName)") }
    guard let type else { throw .internalError("no schema for \(title())") }
    let decoded: Decoded
    do throws(DecodeError) { decoded = try Schema.shared.decode(tree, as: type, known: known) } catch {
      throw refusal("\(title()) cannot be handled: \(error)")
    }
    // Whether fields are known or not, an apply has to say whose they are.
    if origin == .apply, let unknown = decoded.unknownFields.first { throw refusal("\(title()) cannot be handled: \(unknown)") }
    if validation == .ignore { return decoded.tree }
    let complaints = (decoded.unknownFields + duplicates.map { "duplicate field \"\($0)\"" }).prefix(Document.complaintLimit)
    if validation == .strict, !complaints.isEmpty {
      let text = "\(title()) cannot be handled: strict decoding error: \(complaints.joined(separator: ", "))"
      throw origin == .apply ? .badRequest(text) : refusal(text)
    }
    warnings += complaints
    return decoded.tree
  }

  /// Of a body 400, of a patch 422, of an apply an error without a reason. Source: applyPatchToObject and
  /// applyPatchToCurrentObject, k8s.io/apiserver/pkg/endpoints/handlers/patch.go, v1.36.
  private func refusal(_ text: String) -> APIError {
    switch origin {
    case .body: .badRequest(text)
    case .patch: .invalid(group: "", kind: "", name: "", [FieldError(.invalid, "patch", detail: text)])
    case .apply: .unknown("the patch has no type: \(text)")
    }
  }

  /// apiVersion and kind may be left out, but not be others.
  func checkKind(_ kind: String, apiVersion: String) throws(APIError) {
    guard tree.isObject else { throw .badRequest("the body must be an object of kind \(kind), not \(tree.typeName)") }
    let givenKind = tree[.kind].string ?? kind
    let givenVersion = tree[.apiVersion].string ?? apiVersion
    guard givenKind == kind, givenVersion == apiVersion else {
      throw .badRequest("the body is of kind \(givenKind) in \(givenVersion); this path takes \(kind) in \(apiVersion)")
    }
  }
}
