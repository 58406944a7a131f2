import CoreObjects

/// Rules of requests for certificates. Source: pkg/apis/certificates/validation/validation.go, v1.36.
enum CertificateRequestRules {
  static let usages = [
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
    "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
  ]
  private static let signerBytes = 571
  /// Conditions that say what was decided: they are True, and stay.
  private static let decisions = ["Approved", "Denied", "Failed"]

  static func validate(_ spec: CertificateSigningRequestSpec, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let path = FieldPath("spec")
    if let read = context.readCertificateRequest, let text = spec.request, !text.isEmpty {
      let isRequest = Base64.decode(text).flatMap(read) != nil
      let detail = "must be a request for a certificate (PKCS #10) in PEM form, signed with its own key"
      if !isRequest { rules.refuse(.invalid, path.child("request"), .string(text), detail) }
    }
    let list = spec.tree[.usages]
    if list.elements.isEmpty { rules.refuse(.required, path.child("usages"), nil, "name a usage at least") }
    for (index, usage) in list.elements.enumerated() { rules.choice(usage, path.child("usages").index(index), usages) }
    rules.repeats(list, path.child("usages"))
    signer(spec.signerName ?? "", path.child("signerName"), &rules)
    return rules.errors
  }

  /// Source: ValidateSignerName, pkg/apis/core/validation/validation.go, v1.36.
  private static func signer(_ name: String, _ path: FieldPath, _ rules: inout RuleSheet) {
    if name.isEmpty { return }
    if name == CertificateSigner.legacyUnknown.rawValue {
      rules.refuse(.invalid, path, .string(name), "was a signer of v1beta1, and is none of v1")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      return rules.refuse(.invalid, path, .string(name), "must be a domain and a path, such as example.com/signer")
    }
    rules.name(.string(parts[0]), path, .dnsSubdomain)
    if !parts[0].contains(".") { rules.refuse(.invalid, path, .string(parts[0]), "the domain must have two parts at least") }
    rules.name(.string(parts[1]), path, .dnsSubdomain)
    if name.utf8.count > signerBytes { rules.refuse(.tooLong, path, nil, "may not be more than \(signerBytes) bytes") }
  }

  static func validateStatus(_ status: JSON, old: JSON, _ scope: WriteScope) -> [FieldError] {
    var rules = RuleSheet()
    conditions(status[.conditions], "status.conditions", &rules)
    let had = types(old)
    let has = types(status)
    for type in decisions where had.contains(type) && !has.contains(type) {
      rules.refuse(.forbidden, "status.conditions", nil, "what is decided stays: there is no way back from \(type)")
    }
    if scope != .approval {
      for type in ["Approved", "Denied"] where has.contains(type) && !had.contains(type) {
        rules.refuse(.forbidden, "status.conditions", nil, "\(type) is set at the subresource approval")
      }
    }
    let certificate = status[.certificate].string ?? ""
    let before = old[.certificate].string ?? ""
    if !before.isEmpty, certificate != before {
      rules.refuse(.forbidden, "status.certificate", nil, "a certificate that was signed stays")
    } else if certificate != before, !isPEM(certificate) {
      rules.refuse(.invalid, "status.certificate", .string(certificate), "must be certificates in PEM form")
    }
    return rules.errors
  }

  private static func types(_ status: JSON) -> [String] { status[.conditions].elements.compactMap { $0[.type].string } }

  private static func conditions(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    var seen = Set<String>()
    for (index, condition) in list.elements.enumerated() {
      let at = path.index(index)
      let type = condition[.type].string ?? ""
      if type.isEmpty { rules.refuse(.required, at.child("type")) }
      if !seen.insert(type).inserted { rules.refuse(.duplicate, at.child("type"), condition[.type]) }
      let status = condition[.status].string ?? ""
      if status.isEmpty {
        rules.refuse(.required, at.child("status"))
      } else if decisions.contains(type) {
        rules.choice(condition[.status], at.child("status"), ["True"])
      }
    }
    if seen.contains("Approved"), let index = list.elements.firstIndex(where: { $0[.type] == "Denied" }) {
      rules.refuse(.invalid, path.index(index).child("type"), "Denied", "nothing is both Approved and Denied")
    }
  }

  /// Nothing but blocks of certificates.
  private static func isPEM(_ base64: String) -> Bool {
    guard let bytes = Base64.decode(base64) else { return false }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
    return lines.first == begin[...] && lines.last == end[...]
      && lines.allSatisfy { !$0.hasPrefix("-----") || $0 == begin || $0 == end }
      && lines.count { $0 == begin } == lines.count { $0 == end }
  }
}
