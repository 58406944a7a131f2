import CoreAPI
import CoreControllers
import CoreObjects

extension Engine {
  /// Writes a certificate into the status of the request that asked for it, if that is still there.
  mutating func receive(_ answer: SigningAnswer, _ now: Instant) {
    guard let object = store.get(answer.key), object.uid == answer.uid else { return }
    var status = object.view(CertificateSigningRequest.self).status
    guard (status.certificate ?? "").isEmpty else { return }
    switch answer.outcome {
    case .certificate(let pem): status.certificate = Base64.encode(pem)
    case .failed(let reason):
      let condition: JSON = [
        "type": "Failed", "status": "True", "reason": "SigningError", "message": .string(reason),
      ]
      status.tree.put(.conditions, .array(status.conditions.tree.elements + [condition]))
    }
    _ = try? writer.write(.status(answer.key, status.tree), by: .controller("certificate-controller"), at: now)
  }
}
