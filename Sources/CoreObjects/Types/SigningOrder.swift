/// A certificate that the cluster's authority is to sign.
package struct SigningOrder: Sendable, Equatable {
  /// The CertificateSigningRequest, and its UID: a new one of the name is another.
  package var key: ObjectKey
  package var uid: String
  /// PKCS #10, PEM.
  package var request: [UInt8]
  /// Kubernetes' names: "client auth", "digital signature" …
  package var usages: [String]
  package var lifeSeconds: Int

  package init(key: ObjectKey, uid: String, request: [UInt8], usages: [String], lifeSeconds: Int) {
    self.key = key
    self.uid = uid
    self.request = request
    self.usages = usages
    self.lifeSeconds = lifeSeconds
  }
}

/// What came of it.
package struct SigningAnswer: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    /// PEM.
    case certificate([UInt8])
    case failed(String)
  }
  package var key: ObjectKey
  package var uid: String
  package var outcome: Outcome

  package init(_ order: SigningOrder, _ outcome: Outcome) {
    key = order.key
    uid = order.uid
    self.outcome = outcome
  }
}
