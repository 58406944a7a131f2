import CoreObjects

/// Who writes: it decides what a write is held against.
package enum Actor: Sendable {
  /// A request that was authorised. Its rights bound which roles it may write, and its fields are held against the schema as it asks.
  case client(ClientWrite)
  /// A controller or a node of this control plane, by its user name. It knows the fields, and its rights are not bound.
  case program(String)
  /// The server itself, for what each cluster begins with.
  case bootstrap

  package static func controller(_ name: String) -> Actor { .program("system:serviceaccount:kube-system:" + name) }
  package static func node(_ name: String) -> Actor { .program("system:node:" + name) }

  var isDryRun: Bool {
    if case .client(let client) = self { client.isDryRun } else { false }
  }

  /// Whether it is part of this control plane.
  var isProgram: Bool {
    if case .client = self { false } else { true }
  }

  var fieldValidation: FieldValidation {
    if case .client(let client) = self { client.fieldValidation } else { .ignore }
  }

  /// The name under which fields are owned: a client's own, or that of the program which does the same upstream.
  var fieldManager: String {
    switch self {
    case .client(let client): return client.fieldManager
    case .program(let user):
      if user.hasPrefix("system:node:") { return "kubelet" }
      return user.hasSuffix(":default-scheduler") ? "kube-scheduler" : "kube-controller-manager"
    case .bootstrap: return "apiserver"
    }
  }
}

/// What is done about fields that the schema does not know, and about fields that are given twice.
enum FieldValidation: String, Sendable {
  case ignore = "Ignore"
  case warn = "Warn"
  case strict = "Strict"
}

/// What a request's user and parameters say about its write.
package struct ClientWrite: Sendable {
  let user: Caller
  private static let managerLimit = 128
  /// The resource in the version that the request speaks.
  let served: ServedResource
  var isDryRun = false
  var fieldManager: String
  var fieldValidation = FieldValidation.warn

  /// - Parameter isApply: of a PATCH, whether it is an apply; nil for other verbs
  init(_ call: Call, isApply: Bool? = nil) throws(APIError) {
    user = call.user
    served = call.served
    let manager = call.query["fieldManager"] ?? ""
    fieldManager = manager.isEmpty ? String(call.request.userAgent.prefix { $0 != "/" }.prefix(128)) : manager
    if call.query.isEmpty, isApply != true { return }
    var errors: [FieldError] = []
    if isApply == true, manager.isEmpty { errors.add(.required, "fieldManager", "an apply says who applies") }
    if isApply == false, call.query["force"] != nil { errors.add(.forbidden, "force", "only an apply can be forced") }
    if manager.utf8.count > ClientWrite.managerLimit {
      errors.add(.tooLong, "fieldManager", "may be \(ClientWrite.managerLimit) bytes long at the most")
    }
    for character in manager.unicodeScalars where !ClientWrite.isPrintable(character) {
      errors.add(.invalid, "fieldManager", value: manager, "may have printable characters only")
    }
    errors += read(dryRun: call.query.all("dryRun"))
    if let text = call.query["fieldValidation"], !text.isEmpty {
      let value = FieldValidation(rawValue: text)
      if value == nil { errors.append(.notSupported("fieldValidation", value: text, supported: ["Ignore", "Strict", "Warn"])) }
      fieldValidation = value ?? .warn
    }
    if !errors.isEmpty { throw .invalidOptions(call.info.optionsKind, errors) }
  }

  /// Letters, marks, numbers, punctuation, symbols and the space. Source: unicode.IsPrint of Go.
  private static func isPrintable(_ character: Unicode.Scalar) -> Bool {
    switch character.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: character == " "
    default: true
    }
  }

  /// - Returns: what is wrong with the values
  mutating func read(dryRun values: [String]) -> [FieldError] {
    isDryRun = isDryRun || !values.isEmpty
    if values.allSatisfy({ $0 == "All" }) { return [] }
    let given = JSON.array(values.map { .string($0) })
    return [FieldError(.notSupported, "dryRun", value: given, detail: "supported values: \"All\"")]
  }
}
