import CoreObjects

/// Rules of Ingresses and their classes. Source: pkg/apis/networking/validation/validation.go, v1.36.
enum IngressRules {
  private static let classAnnotation = "kubernetes.io/ingress.class"

  static func validate(_ ingress: Ingress, isNew: Bool) -> [FieldError] {
    let (spec, path) = (ingress.spec, FieldPath("spec"))
    var rules = RuleSheet()
    if spec.rules.isEmpty, spec.defaultBackend.isAbsent {
      rules.refuse(.invalid, path, spec.tree, "either defaultBackend or rules must be there")
    }
    if !spec.defaultBackend.isAbsent { backend(spec.defaultBackend, path.child("defaultBackend"), &rules) }
    for (index, rule) in spec.rules.enumerated() {
      let at = path.child("rules").index(index)
      if let name = rule.host, !name.isEmpty { host(name, at.child("host"), isAddressRefused: true, &rules) }
      for (place, element) in rule.http.paths.enumerated() {
        httpPath(element, at.child("http").child("paths").index(place), &rules)
      }
    }
    for (index, tls) in spec.tls.enumerated() {
      let at = path.child("tls").index(index)
      for (place, name) in tls.hosts.values.enumerated() { host(name, at.child("hosts").index(place), &rules) }
      rules.name(tls.tree[.secretName], at.child("secretName"), .dnsSubdomain)
    }
    rules.name(spec.tree[.ingressClassName], path.child("ingressClassName"), .dnsSubdomain)
    if isNew, let name = spec.ingressClassName, let annotated = ingress.metadata.annotations[classAnnotation], annotated != name {
      let at = FieldPath("annotations").child(Key(classAnnotation))
      rules.refuse(.invalid, at, .string(annotated), "must be what ingressClassName is where both are there")
    }
    return rules.errors
  }

  static func validate(_ status: IngressStatus) -> [FieldError] {
    var rules = RuleSheet()
    for (index, place) in status.loadBalancer.ingress.enumerated() {
      let at = FieldPath("status.loadBalancer.ingress").index(index)
      rules.form(place.tree[.ip], at.child("ip"), "must be an IP address", AddressText.isStrict)
      if let name = place.hostname, !name.isEmpty {
        rules.name(.string(name), at.child("hostname"), .dnsSubdomain)
        if FieldRules.isAddress(name) { rules.refuse(.invalid, at.child("hostname"), .string(name), "is an address, no name") }
      }
    }
    return rules.errors
  }

  static func validate(_ spec: IngressClassSpec) -> [FieldError] {
    var rules = RuleSheet()
    controller(spec.controller ?? "", "spec.controller", &rules)
    let (parameters, path) = (spec.parameters, FieldPath("spec.parameters"))
    if parameters.isAbsent { return rules.errors }
    reference(parameters.tree, path, &rules)
    switch (parameters.scope, parameters.namespace) {
    case ("Namespace", nil): rules.refuse(.required, path.child("namespace"), nil, "scope Namespace needs one")
    case ("Namespace", let namespace?): rules.name(.string(namespace), path.child("namespace"), .dnsLabel)
    case ("Cluster", nil): break
    case ("Cluster", _): rules.refuse(.forbidden, path.child("namespace"), nil, "is for scope Namespace")
    case (let scope, _):
      rules.add([.notSupported(path.child("scope"), value: scope ?? "", supported: ["Cluster", "Namespace"])])
    }
    return rules.errors
  }

  /// Source: IsDomainPrefixedPath, apimachinery/pkg/util/validation, v1.36.
  private static func controller(_ text: String, _ path: FieldPath, _ rules: inout RuleSheet) {
    if text.isEmpty { return rules.refuse(.required, path, nil, "name the controller") }
    if text.utf8.count > 250 { rules.refuse(.tooLong, path, nil, "may have 250 bytes at the most") }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      return rules.refuse(.invalid, path, .string(text), "must be a domain and a path, such as example.com/ingress")
    }
    rules.name(.string(parts[0]), path, .dnsSubdomain)
    rules.form(.string(parts[1]), path, "has a character that no path has") { text in
      text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "/-._~%!$&'()*+,;=:".utf8.contains(byte)
      }
    }
  }

  private static func host(
    _ name: String, _ path: FieldPath, isAddressRefused: Bool = false, _ rules: inout RuleSheet
  ) {
    if isAddressRefused, FieldRules.isAddress(name) {
      rules.refuse(.invalid, path, .string(name), "is an address, no name of a host")
    }
    if name.contains("*") {
      if !name.hasPrefix("*.") || !NameRules.isSubdomain(name.dropFirst(2)) {
        rules.refuse(.invalid, path, .string(name), "'*' is the whole first part of a name, such as *.example.com")
      }
    } else {
      rules.name(.string(name), path, .dnsSubdomain)
    }
  }

  private static func httpPath(_ element: HTTPIngressPath, _ path: FieldPath, _ rules: inout RuleSheet) {
    // Upstream looks no further where it is missing.
    guard let type = element.pathType else { return }
    let (text, at) = (element.path ?? "", path.child("path"))
    let isCompared = type == "Exact" || type == "Prefix"
    if !text.hasPrefix("/"), isCompared || !text.isEmpty {
      rules.refuse(.invalid, at, .string(text), "must begin with '/'")
    }
    if isCompared {
      for part in ["//", "/./", "/../", "%2f", "%2F"] where text.contains(part) {
        rules.refuse(.invalid, at, .string(text), "may not contain '\(part)'")
      }
      for end in ["/..", "/."] where text.hasSuffix(end) {
        rules.refuse(.invalid, at, .string(text), "may not end with '\(end)'")
      }
    }
    backend(element.backend, path.child("backend"), &rules)
  }

  private static func backend(_ backend: IngressBackend, _ path: FieldPath, _ rules: inout RuleSheet) {
    let (service, resource) = (backend.service, backend.resource)
    guard service.isAbsent != resource.isAbsent else {
      return rules.refuse(.invalid, path, "", "either service or resource must be there")
    }
    if !resource.isAbsent { return reference(resource.tree, path.child("resource"), &rules) }
    let at = path.child("service")
    if let name = service.name, !name.isEmpty { rules.name(.string(name), at.child("name"), .dnsLabel) }
    switch (service.port.name ?? "", service.port.number ?? 0) {
    case ("", 0): rules.refuse(.required, path, nil, "the service's port has a name or a number")
    case ("", _): break
    case (let name, 0):
      rules.form(.string(name), at.child("port").child("name"), FieldRules.portNameText, FieldRules.isPortName)
    default: rules.refuse(.invalid, path, "", "a port has a name or a number, not both")
    }
  }

  /// An object of any kind.
  private static func reference(_ tree: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    rules.name(tree[.apiGroup], path.child("apiGroup"), .dnsSubdomain)
    for key in [Key.kind, .name] { rules.name(tree[key], path.child(key), .pathSegment) }
  }
}
