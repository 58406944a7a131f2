import CoreObjects

/// Rules of a pod's spec, for pods and for templates. Source: ValidatePodSpec, pkg/apis/core/validation/validation.go, v1.36.
enum PodSpecRules {
  private static let nameserverLimit = 3
  private static let searchLimit = 32

  static func validate(_ spec: PodSpec, _ path: FieldPath) -> [FieldError] {
    let tree = spec.tree
    var rules = RuleSheet()
    rules.add(VolumeRules.validate(tree[.volumes], path.child("volumes")))
    containers(tree, path, &rules)
    names(tree, path, &rules)
    resolution(tree, path, &rules)
    for (index, toleration) in tree[.tolerations].elements.enumerated() {
      self.toleration(toleration, path.child("tolerations").index(index), &rules)
    }
    placement(tree, path, &rules)
    if tree[.resources].isObject {
      rules.add(ContainerRules.resources(ResourceRequirements(tree: tree[.resources]), path.child("resources")))
    }
    if tree[.hostUsers] == false {
      for key in [Key.hostNetwork, .hostPID, .hostIPC] where tree[key] == true {
        rules.refuse(.forbidden, path.child(key), nil, "not together with hostUsers false")
      }
    }
    PodSystemRules.validate(tree, path, &rules)
    if tree[.securityContext].isObject { security(tree, path.child("securityContext"), &rules) }
    rules.add(FieldRules.atLeast(1, spec.activeDeadlineSeconds, path.child("activeDeadlineSeconds")))
    return rules.errors
  }

  private static func containers(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    if spec[.containers].elements.isEmpty {
      rules.refuse(.required, path.child("containers"), nil, "a pod has at least one container")
    }
    let volumes = Set(spec[.volumes].elements.compactMap { $0[.name].string })
    let grace = spec[.terminationGracePeriodSeconds].int
    var names = Set<String>()
    var hostPorts = Set<String>()
    for list in [Key.containers, .initContainers, .ephemeralContainers] {
      // Others are no targets of theirs, nor are they themselves.
      let targets = names
      for (index, container) in spec[list].elements.enumerated() {
        let at = path.child(list).index(index)
        rules.add(
          ContainerRules.validate(
            container, list, volumes: volumes, grace: grace, podRestarts: spec[.restartPolicy] != "Never", at))
        if let target = container[.targetContainerName].string, !target.isEmpty, !targets.contains(target) {
          rules.refuse(.notFound, at.child("targetContainerName"), container[.targetContainerName])
        }
        if let name = container[.name].string, !names.insert(name).inserted {
          rules.refuse(.duplicate, at.child("name"), container[.name])
        }
        for (index, port) in container[.ports].elements.enumerated() {
          let at = at.child("ports").index(index)
          let number = port[.hostPort].int ?? 0
          if spec[.hostNetwork] == true, number != 0, number != port[.containerPort].int {
            rules.refuse(.invalid, at.child("containerPort"), port[.containerPort], "with hostNetwork it is the hostPort")
          }
          let name = "\(port[.protocol].string ?? "")/\(port[.hostIP].string ?? "")/\(number)"
          if list == .containers, number != 0, !hostPorts.insert(name).inserted {
            rules.refuse(.duplicate, at.child("hostPort"), .string(name))
          }
        }
      }
    }
  }

  private static func names(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for key in [Key.hostname, .subdomain] { rules.form(spec[key], path.child(key), FieldRules.labelText, FieldRules.isLabel) }
    for key in [Key.serviceAccountName, .nodeName, .priorityClassName, .runtimeClassName, .schedulerName] {
      rules.form(spec[key], path.child(key), "must be a name, as objects have it", FieldRules.isSubdomain)
    }
    rules.form(spec[.hostnameOverride], path.child(.hostnameOverride), "must be a host name of at most 64 characters") {
      FieldRules.isSubdomain($0) && $0.utf8.count <= 64
    }
    for (list, key) in [(Key.readinessGates, Key.conditionType), (.schedulingGates, .name)] {
      for (index, gate) in spec[list].elements.enumerated() {
        rules.form(gate[key], path.child(list).index(index).child(key), "must be a qualified name") {
          NameRules.qualifiedNameProblem($0) == nil
        }
      }
    }
    if !spec[.schedulingGates].elements.isEmpty, spec[.nodeName].string?.isEmpty == false {
      rules.refuse(.forbidden, path.child(.nodeName), nil, "a pod with scheduling gates has no node yet")
    }
    rules.add(ObjectMetaRules.labels(TextMap(tree: spec[.nodeSelector]), path.child("nodeSelector")))
    for (index, alias) in spec[.hostAliases].elements.enumerated() {
      let at = path.child("hostAliases").index(index)
      rules.form(alias[.ip], at.child("ip"), "must be an IP address", FieldRules.isAddress)
      for (index, name) in alias[.hostnames].elements.enumerated() {
        rules.form(name, at.child("hostnames").index(index), "must be a host name", FieldRules.isSubdomain)
      }
    }
  }

  /// dnsPolicy and dnsConfig.
  private static func resolution(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let config = spec[.dnsConfig]
    let at = path.child("dnsConfig")
    let servers = config[.nameservers].elements
    if spec[.dnsPolicy] == "None" {
      if config.isNull {
        rules.refuse(.required, at, nil, "with dnsPolicy None it says who resolves names")
      } else if servers.isEmpty {
        rules.refuse(.required, at.child("nameservers"), nil, "with dnsPolicy None there is at least one")
      }
    }
    guard config.isObject else { return }
    for (key, limit) in [(Key.nameservers, nameserverLimit), (.searches, searchLimit)] where config[key].elements.count > limit {
      rules.refuse(.invalid, at.child(key), config[key], "there may be \(limit) of them at the most")
    }
    for (index, server) in servers.enumerated() {
      rules.form(server, at.child("nameservers").index(index), "must be an IP address", FieldRules.isAddress)
    }
    for (index, search) in config[.searches].elements.enumerated() {
      rules.form(search, at.child("searches").index(index), "must be a domain") {
        $0 == "." || FieldRules.isSubdomain($0.hasSuffix(".") ? String($0.dropLast()) : $0.replacing("_", with: "x"))
      }
    }
    for (index, option) in config[.options].elements.enumerated() where (option[.name].string ?? "").isEmpty {
      rules.refuse(.required, at.child("options").index(index), nil, "an option has a name")
    }
  }

  private static func toleration(_ toleration: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let key = toleration[.key].string ?? ""
    let exists = toleration[.operator] == "Exists"
    // The schema knows Gt and Lt, whose feature gate TaintTolerationComparisonOperators is off in v1.36.
    if let text = toleration[.operator].string, text == "Gt" || text == "Lt" {
      rules.add([.notSupported(path.child("operator"), value: text, supported: ["Equal", "Exists"])])
    }
    rules.form(toleration[.key], path.child("key"), "must be a qualified name") { NameRules.qualifiedNameProblem($0) == nil }
    if key.isEmpty, !exists {
      rules.refuse(.invalid, path.child("operator"), toleration[.operator], "without a key, which is any key, it must be Exists")
    }
    if !toleration[.tolerationSeconds].isNull, toleration[.effect] != "NoExecute" {
      rules.refuse(.invalid, path.child("effect"), toleration[.effect], "must be NoExecute with tolerationSeconds")
    }
    let value = toleration[.value].string ?? ""
    if exists, !value.isEmpty {
      rules.refuse(.invalid, path.child("operator"), toleration[.value], "with Exists there is no value")
    } else if let problem = NameRules.labelValueProblem(value) {
      rules.refuse(.invalid, path.child("operator"), toleration[.value], problem)
    }
  }

  // MARK: Where it may run

  private static func placement(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    var seen = Set<String>()
    for (index, constraint) in spec[.topologySpreadConstraints].elements.enumerated() {
      let at = path.child("topologySpreadConstraints").index(index)
      let name = "{\(constraint[.topologyKey].string ?? ""), \(constraint[.whenUnsatisfiable].string ?? "")}"
      if !seen.insert(name).inserted { rules.refuse(.duplicate, at.child("{topologyKey, whenUnsatisfiable}"), .string(name)) }
      if !constraint[.minDomains].isNull, constraint[.whenUnsatisfiable] != "DoNotSchedule" {
        rules.refuse(.invalid, at.child("minDomains"), constraint[.minDomains], "is for DoNotSchedule only")
      }
    }
    let affinity = spec[.affinity]
    if affinity.isNull { return }
    let at = path.child("affinity").child("nodeAffinity")
    let required = affinity[.nodeAffinity][.requiredDuringSchedulingIgnoredDuringExecution]
    for (index, term) in required[.nodeSelectorTerms].elements.enumerated() {
      nodes(term, at.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms").index(index), &rules)
    }
    for (index, term) in affinity[.nodeAffinity][.preferredDuringSchedulingIgnoredDuringExecution].elements.enumerated() {
      nodes(
        term[.preference], at.child("preferredDuringSchedulingIgnoredDuringExecution").index(index).child("preference"), &rules)
    }
  }

  /// Source: ValidateNodeSelectorRequirement.
  private static func nodes(_ term: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    for (index, wish) in term[.matchExpressions].elements.enumerated() {
      let at = path.child("matchExpressions").index(index)
      let count = wish[.values].elements.count
      switch wish[.operator].string {
      case "In" where count == 0, "NotIn" where count == 0:
        rules.refuse(.required, at.child("values"), nil, "In and NotIn have values")
      case "Exists" where count > 0, "DoesNotExist" where count > 0:
        rules.refuse(.forbidden, at.child("values"), nil, "Exists and DoesNotExist have no values")
      case "Gt" where count != 1, "Lt" where count != 1:
        rules.refuse(.required, at.child("values"), nil, "Gt and Lt have one value")
      default: break
      }
      rules.form(wish[.key], at.child("key"), "must be a qualified name") { NameRules.qualifiedNameProblem($0) == nil }
    }
  }

  // MARK: What it may do

  private static func security(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let context = spec[.securityContext]
    if spec[.shareProcessNamespace] == true, spec[.hostPID] == true {
      rules.refuse(.invalid, path.child("shareProcessNamespace"), true, "not together with hostPID")
    }
    ContainerRules.profile(context[.seccompProfile], path.child("seccompProfile"), &rules)
    for (index, group) in context[.supplementalGroups].elements.enumerated()
    where group.int.map({ !(0...0x7FFF_FFFF).contains($0) }) == true {
      rules.refuse(.invalid, path.child("supplementalGroups").index(index), group, "must be between 0 and 2147483647, inclusive")
    }
    var seen = Set<String>()
    for (index, setting) in context[.sysctls].elements.enumerated() {
      let at = path.child("sysctls").index(index).child("name")
      let name = setting[.name].string ?? ""
      rules.form(setting[.name], at, "must be the name of a sysctl, such as net.ipv4.tcp_syncookies", isSysctl)
      if !name.isEmpty, !seen.insert(name).inserted { rules.refuse(.duplicate, at, setting[.name]) }
      if name.hasPrefix("net."), spec[.hostNetwork] == true {
        rules.refuse(.invalid, at, setting[.name], "belongs to the node where the pod has its network")
      }
    }
  }

  private static func isSysctl(_ name: String) -> Bool {
    name.utf8.count <= 253
      && name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }.allSatisfy { part in
        FieldRules.isLabel(String(part.replacing("_", with: "x")))
      }
  }
}
