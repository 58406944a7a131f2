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
  /// The resource in the version that the request speaks.
  let served: ServedResource
  var isDryRun = false
  var fieldManager: String
  var fieldValidation = FieldValidation.warn

  init(_ call: Call) throws(APIError) {
    user = call.user
    served = call.served
    for value in call.query.all("dryRun") where !value.isEmpty {
      guard value == "All" else { throw .badRequest("parameter dryRun: \"\(value)\" is not supported; only All is") }
      isDryRun = true
    }
    let manager = call.query["fieldManager"] ?? ""
    guard manager.utf8.count <= 128 else { throw .badRequest("parameter fieldManager: more than 128 bytes") }
    fieldManager = manager.isEmpty ? String(call.request.userAgent.prefix { $0 != "/" }.prefix(128)) : manager
    if let text = call.query["fieldValidation"], !text.isEmpty {
      guard let value = FieldValidation(rawValue: text) else {
        throw .badRequest("parameter fieldValidation: \"\(text)\" is none of Ignore, Warn, Strict")
      }
      fieldValidation = value
    }
  }
}
