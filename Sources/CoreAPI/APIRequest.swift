import CoreObjects

/// One request as an edge read it: transport is over, nothing is decoded yet.
package struct APIRequest: Sendable {
  package var method: String
  /// Percent-decoded segments are the router's work; this is the raw path, "/apis/apps/v1/namespaces/default/statefulsets".
  package var path: String
  /// The raw query without "?".
  package var query: String
  package var contentType: String
  package var accept: String
  package var userAgent: String
  package var body: [UInt8]
  package var credential: Credential
  /// The Impersonate-… headers, nil without any.
  package var impersonation: Caller?
  /// The If-None-Match header as it came.
  package var ifNoneMatch = ""

  package init(
    method: String, path: String, query: String = "", contentType: String = "application/json",
    accept: String = "application/json",
    userAgent: String = "", body: [UInt8] = [], credential: Credential
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.contentType = contentType
    self.accept = accept
    self.userAgent = userAgent
    self.body = body
    self.credential = credential
  }
}

/// What the edge could prove about the sender. Signatures are checked outside; what they mean is decided in the core.
package enum Credential: Sendable {
  case none
  /// A client certificate of our CA: its common name and organizations.
  case certificate(commonName: String, organizations: [String])
  /// A ServiceAccount token whose signature holds: audience, times and the account itself are still to be checked.
  case serviceAccount(AccountToken)
  /// A static token of the kubeconfig.
  case token(user: Caller)
  /// A credential was given and is bad: 401 with this reason.
  case invalid(String)
}

/// Who asks.
package struct Caller: Sendable, Equatable {
  package var name: String
  package var uid = ""
  package var groups: [String]
  package var extra: [String: [String]] = [:]

  package init(name: String, groups: [String]) {
    self.name = name
    self.groups = groups
  }

  /// Whoever is in this group may do everything.
  var isMaster: Bool { groups.contains("system:masters") }

  package static let anonymous = Caller(name: "system:anonymous", groups: ["system:unauthenticated"])
}
