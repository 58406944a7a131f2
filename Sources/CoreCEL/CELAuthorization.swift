/// What an expression asks: may somebody do this?
package struct CELAuthorizationRequest: Sendable, Equatable {
  package struct Account: Sendable, Equatable {
    package let namespace: String
    package let name: String
  }

  /// Nil: whoever sent the request that is looked at.
  package var serviceAccount: Account?
  /// Of a path that is no resource; nil where a resource is asked for.
  package var path: String?
  package var group = ""
  package var resource = ""
  package var subresource = ""
  package var namespace = ""
  package var name = ""
  /// As they are written; one that cannot be read is as good as none.
  package var fieldSelector = ""
  package var labelSelector = ""
  package var verb = ""

  package init() {}
}

package struct CELAuthorizationDecision: Sendable, Equatable {
  package var isAllowed: Bool
  package var reason: String
  package var error: String?

  package init(isAllowed: Bool, reason: String = "", error: String? = nil) {
    self.isAllowed = isAllowed
    self.reason = reason
    self.error = error
  }
}

extension CELValue {
  /// The variable `authorizer`.
  package static var authorizer: CELValue {
    .opaque(AuthorizerLibrary.Value(AuthorizerLibrary.authorizer, CELAuthorizationRequest()))
  }

  /// The variable `authorizer.requestResource`: the resource of the request that is looked at.
  package static func requestResource(_ request: CELAuthorizationRequest) -> CELValue {
    .opaque(AuthorizerLibrary.Value(AuthorizerLibrary.resourceCheck, request))
  }
}
