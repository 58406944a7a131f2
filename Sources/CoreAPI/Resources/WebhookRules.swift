import CoreObjects

/// Rules of webhooks. Source: validateValidatingWebhook and validateMutatingWebhook,
/// pkg/apis/admissionregistration/validation/validation.go, v1.36.
enum WebhookRules {
  /// Of which a name has to be made at least: it belongs to somebody's domain.
  private static let nameParts = 3

  static func check(_ webhook: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    fullName(webhook[.name], path.child("name"), &rules)
    for (index, rule) in webhook[.rules].elements.enumerated() {
      RequestRules.check(rule, path.child("rules").index(index), &rules)
    }
    rules.choice(webhook[.sideEffects], path.child("sideEffects"), ["None", "NoneOnDryRun"])
    client(webhook[.clientConfig], path.child("clientConfig"), &rules)
    RequestRules.conditions(webhook[.matchConditions], path.child("matchConditions"), &rules)
    reviewVersions(webhook[.admissionReviewVersions], path.child("admissionReviewVersions"), &rules)
  }

  /// Source: IsFullyQualifiedName, apimachinery/pkg/util/validation/validation.go, v1.36.
  private static func fullName(_ value: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard let name = value.string, !name.isEmpty else { return }
    if let problem = NameRules.problem(name, .dnsSubdomain) { return rules.refuse(.invalid, path, value, problem) }
    if name.split(separator: ".").count < nameParts {
      rules.refuse(.invalid, path, value, "must be a name with its domain, such as pods.example.com")
    }
  }

  private static func reviewVersions(_ list: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if list.elements.isEmpty { return }
    var seen = Set<String>()
    for (index, version) in list.elements.enumerated() {
      guard seen.insert(version.string ?? "").inserted else {
        rules.refuse(.invalid, path.index(index), version, "is there already")
        continue
      }
      rules.name(version, path.index(index), .dns1035Label)
    }
    if seen.isDisjoint(with: ["v1", "v1beta1"]) {
      rules.refuse(.invalid, path, list, "must have a version that this server speaks: v1 or v1beta1")
    }
  }

  static func client(_ config: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard config[.url].isNull != config[.service].isNull else {
      return rules.refuse(.required, path, nil, "either url or service must be there")
    }
    if let text = config[.url].string { return url(text, path.child("url"), &rules) }
    let (service, at) = (config[.service], path.child("service"))
    if let port = service[.port].int, !(1...65_535).contains(port) {
      rules.refuse(.invalid, at.child("port"), service[.port], "must be between 1 and 65535, inclusive")
    }
    guard let text = service[.path].string else { return }
    servicePath(text, at.child("path"), &rules)
  }

  /// Source: ValidateWebhookURL, apiserver/pkg/util/webhook/validation.go, v1.36.
  private static func url(_ text: String, _ path: FieldPath, _ rules: inout RuleSheet) {
    let parts = URLParts(text)
    func refuse(_ detail: String) { rules.refuse(.invalid, path, .string(text), detail) }
    if parts.scheme != "https" { refuse("the scheme must be https") }
    if parts.host.isEmpty { refuse("must name a host") }
    if parts.hasUser { refuse("may not name a user") }
    if parts.hasFragment { refuse("may not have a fragment") }
    if parts.hasQuery { refuse("may not have a query") }
  }

  /// Source: ValidateWebhookService.
  private static func servicePath(_ text: String, _ path: FieldPath, _ rules: inout RuleSheet) {
    if text.isEmpty || text == "/" { return }
    guard text.hasPrefix("/") else { return rules.refuse(.invalid, path, .string(text), "must begin with '/'") }
    var segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    if segments.last?.isEmpty == true { segments.removeLast() }
    for segment in segments {
      if segment.isEmpty {
        rules.refuse(.invalid, path, .string(text), "may not have an empty part between two '/'")
      } else if let problem = NameRules.problem(String(segment), .dnsSubdomain) {
        rules.refuse(.invalid, path, .string(text), "its part \"\(segment)\": \(problem)")
      }
    }
  }
}

/// What a URL is made of, as far as webhooks mind.
private struct URLParts {
  private(set) var scheme = ""
  private(set) var host = ""
  private(set) var hasUser = false
  private(set) var hasQuery = false
  private(set) var hasFragment = false

  init(_ text: String) {
    let colon = text.firstIndex(of: ":") ?? text.startIndex
    scheme = text[..<colon].lowercased()
    var rest = colon == text.startIndex ? text[...] : text[text.index(after: colon)...]
    hasFragment = rest.contains("#")
    rest = rest.prefix { $0 != "#" }
    hasQuery = rest.contains("?")
    rest = rest.prefix { $0 != "?" }
    guard rest.hasPrefix("//") else { return }
    let authority = rest.dropFirst(2).prefix { $0 != "/" }
    hasUser = authority.contains("@")
    host = String(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
  }
}
