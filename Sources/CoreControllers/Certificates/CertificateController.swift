package import CoreObjects

/// What becomes of requests for certificates: nodes' own are approved by itself, approved ones are signed, old ones go.
/// Source: pkg/controller/certificates (approver/sarapprove.go, signer/signer.go, cleaner/cleaner.go), v1.36.
package struct CertificateController: Controller {
  /// What it asks of others.
  package struct Desk: Sendable {
    /// What a request says (PKCS #10, PEM).
    package var read: @Sendable ([UInt8]) -> CertificateRequestFacts?
    /// Whether who asks for it may create this subresource of requests, which nobody serves.
    package var mayCreate: @Sendable (CertificateSigningRequestSpec, _ subresource: String, Store) -> Bool

    package init(
      read: @escaping @Sendable ([UInt8]) -> CertificateRequestFacts?,
      mayCreate: @escaping @Sendable (CertificateSigningRequestSpec, _ subresource: String, Store) -> Bool
    ) {
      self.read = read
      self.mayCreate = mayCreate
    }
  }

  package let name = "certificate-controller"
  package var resources: Set<ResourceID>? { [.certificateSigningRequests] }
  private let desk: Desk

  /// How long requests are kept that nobody decided about, and those that were decided.
  static let pendingLife = Duration.seconds(24 * 3600)
  static let decidedLife = Duration.seconds(3600)
  /// Upstream's --cluster-signing-duration, and the shortest life that its signers give.
  static let longestLife = 8760 * 3600
  static let shortestLife = 600

  package init(_ desk: Desk) { self.desk = desk }

  package mutating func keys(affectedBy change: StoreChange, in snapshot: Snapshot) -> [ObjectKey] {
    change.kind == .deleted ? [] : [change.object.key]
  }

  package mutating func plan(_ key: ObjectKey, in snapshot: Snapshot, at now: Instant) -> Plan {
    var plan = Plan()
    guard let object = snapshot.store.get(key), object.metadata.deletionTimestamp == nil else { return plan }
    let request = object.view(CertificateSigningRequest.self)
    let due = CertificateController.due(request)
    if let due, due <= now {
      plan.changes = [Change(.delete(key, uid: object.uid, graceSeconds: nil, propagation: nil), tolerated: Change.untilGone)]
      return plan
    }
    plan.wakeAt = due
    guard let signer = CertificateSigner(rawValue: request.spec.signerName ?? "") else { return plan }
    if request.status.conditions.isEmpty {
      approve(request, signer, key, snapshot.store, &plan)
    } else if request.has("Approved"), !request.has("Failed"), (request.status.certificate ?? "").isEmpty {
      sign(request, signer, key, object.uid, now, &plan)
    }
    return plan
  }

  /// When it goes; nil where its times cannot be read.
  private static func due(_ request: CertificateSigningRequest) -> Instant? {
    func updated(_ type: String) -> Instant? {
      request.status.conditions.first { $0.type == type }?.lastUpdateTime.flatMap { Instant(rfc3339: $0) }
    }
    if request.status.conditions.isEmpty {
      return request.metadata.creationTimestamp.flatMap { Instant(rfc3339: $0) }.map { $0 + pendingLife }
    }
    var ends = [updated("Denied"), updated("Failed")].compactMap { $0.map { $0 + decidedLife } }
    if let approved = updated("Approved"), !(request.status.certificate ?? "").isEmpty {
      let life = Duration.seconds(CertificateController.life(request.spec))
      ends.append(approved + min(decidedLife, life))
    }
    return ends.min()
  }

  private static func life(_ spec: CertificateSigningRequestSpec) -> Int {
    guard let wanted = spec.expirationSeconds else { return longestLife }
    return min(max(wanted, shortestLife), longestLife)
  }

  private func facts(_ request: CertificateSigningRequest) -> CertificateRequestFacts? {
    request.spec.request.flatMap { Base64.decode($0) }.flatMap(desk.read)
  }

  /// A node's client certificate, for whoever may have one, and for a node that renews its own.
  private func approve(
    _ request: CertificateSigningRequest, _ signer: CertificateSigner, _ key: ObjectKey, _ store: Store, _ plan: inout Plan
  ) {
    guard signer == .kubeletClient, let facts = facts(request),
      signer.problem(facts, usages: request.spec.usages.values) == nil
    else { return }
    let isOwn = facts.commonName == request.spec.username
    let grounds = (isOwn ? ["selfnodeclient"] : []) + ["nodeclient"]
    guard let ground = grounds.first(where: { desk.mayCreate(request.spec, $0, store) }) else { return }
    let message = "\(request.spec.username ?? "") may create certificatesigningrequests/\(ground)"
    let condition: JSON = ["type": "Approved", "status": "True", "reason": "AutoApproved", "message": .string(message)]
    plan.changes = [Change(.patch(key, subresource: "approval", merge: ["status": ["conditions": [condition]]]))]
  }

  private func sign(
    _ request: CertificateSigningRequest, _ signer: CertificateSigner, _ key: ObjectKey, _ uid: String, _ now: Instant,
    _ plan: inout Plan
  ) {
    let usages = request.spec.usages.values
    let problem = facts(request).map { signer.problem($0, usages: usages) } ?? "the request cannot be read"
    guard let problem else {
      plan.orders = [
        SigningOrder(
          key: key, uid: uid, request: request.spec.request.flatMap { Base64.decode($0) } ?? [], usages: usages,
          lifeSeconds: CertificateController.life(request.spec))
      ]
      return
    }
    plan.changes = [CertificateController.failure(of: key, request, "SignerValidationFailure", problem)]
  }

  /// Says in the status that there will be no certificate.
  package static func failure(
    of key: ObjectKey, _ request: CertificateSigningRequest, _ reason: String, _ message: String
  ) -> Change {
    let condition: JSON = ["type": "Failed", "status": "True", "reason": .string(reason), "message": .string(message)]
    let conditions = request.status.conditions.tree.elements + [condition]
    return Change(.patch(key, subresource: "status", merge: ["status": ["conditions": .array(conditions)]]))
  }
}

extension CertificateSigningRequest {
  fileprivate func has(_ type: String) -> Bool { status.conditions.contains { $0.type == type } }
}
