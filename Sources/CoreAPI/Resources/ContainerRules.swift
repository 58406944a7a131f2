import CoreObjects

/// Rules of one container. Source: validateContainerCommon and what it calls, pkg/apis/core/validation/validation.go, v1.36.
enum ContainerRules {
  private static let ruleLimit = 20

  /// - Parameter list: where in a pod it stands
  static func validate(
    _ container: JSON, _ list: Key, volumes: Set<String>, grace: Int?, podRestarts: Bool, _ path: FieldPath
  ) -> [FieldError] {
    var rules = RuleSheet()
    rules.form(container[.name], path.child("name"), FieldRules.labelText, FieldRules.isLabel)
    let image = container[.image].string ?? ""
    if image.isEmpty { rules.refuse(.required, path.child("image"), nil, "name the image to run") }
    rules.form(container[.image], path.child("image"), "must not begin or end with white space") {
      !$0.first!.isWhitespace && !$0.last!.isWhitespace
    }
    ports(container[.ports], path.child("ports"), &rules)
    environment(container, path, &rules)
    mounts(container, volumes, path.child("volumeMounts"), &rules)
    rules.add(resources(ResourceRequirements(tree: container[.resources]), path.child("resources")))
    resizing(container[.resizePolicy], restarts: podRestarts, path.child("resizePolicy"), &rules)
    if container[.securityContext].isObject { security(container[.securityContext], path.child("securityContext"), &rules) }
    if list == .ephemeralContainers {
      ephemeral(container, path, &rules)
      return rules.errors
    }
    let isInit = list == .initContainers
    let isSidecar = isInit && container[.restartPolicy] == "Always"
    for key in [Key.livenessProbe, .readinessProbe, .startupProbe, .lifecycle] where container[key].isObject {
      if isInit, !isSidecar {
        rules.refuse(.forbidden, path.child(key), nil, "an init container has it only with restartPolicy Always")
      } else if key == .lifecycle {
        hooks(container[key], grace, path.child(key), &rules)
      } else {
        probe(container[key], key, path.child(key), &rules)
      }
    }
    if !container[.restartPolicyRules].isNull { restarts(container, path, &rules) }
    return rules.errors
  }

  /// It serves nobody and is never restarted, and what it mounts stays until its pod has ended.
  /// Source: validateEphemeralContainers.
  private static func ephemeral(_ container: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let text = "cannot be set for an Ephemeral Container"
    for key in [
      Key.ports, .resources, .resizePolicy, .restartPolicy, .restartPolicyRules, .livenessProbe, .readinessProbe, .startupProbe,
      .lifecycle,
    ] where !container[key].isNull && container[key] != [:] { rules.refuse(.forbidden, path.child(key), nil, text) }
    for (index, mount) in container[.volumeMounts].elements.enumerated() {
      for key in [Key.subPath, .subPathExpr] where mount[key].string?.isEmpty == false {
        rules.refuse(.forbidden, path.child("volumeMounts").index(index).child(key), nil, text)
      }
    }
  }

  private static func ports(_ ports: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    var names = Set<String>()
    for (index, port) in ports.elements.enumerated() {
      let at = path.index(index)
      rules.form(port[.name], at.child("name"), FieldRules.portNameText, FieldRules.isPortName)
      if let name = port[.name].string, !name.isEmpty, !names.insert(name).inserted {
        rules.refuse(.duplicate, at.child("name"), port[.name])
      }
    }
  }

  /// Source: validateResizePolicy.
  private static func resizing(_ policies: JSON, restarts: Bool, _ path: FieldPath, _ rules: inout RuleSheet) {
    var names = Set<String>()
    for (index, policy) in policies.elements.enumerated() {
      if let name = policy[.resourceName].string, !names.insert(name).inserted {
        rules.refuse(.duplicate, path.index(index), policy[.resourceName])
      }
      if !restarts, policy[.restartPolicy] != "NotRequired" {
        rules.refuse(.invalid, path, policy[.restartPolicy], "must be 'NotRequired' when `restartPolicy` is 'Never'")
      }
    }
  }

  // MARK: Environment

  private static func environment(_ container: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let text = "may hold printable ASCII characters other than '='"
    for (index, variable) in container[.env].elements.enumerated() {
      let at = path.child("env").index(index)
      rules.form(variable[.name], at.child("name"), text, isVariableName)
      if variable[.valueFrom].isObject { value(variable, at.child("valueFrom"), &rules) }
    }
    for (index, source) in container[.envFrom].elements.enumerated() {
      let at = path.child("envFrom").index(index)
      rules.form(source[.prefix], at.child("prefix"), text, isVariableName)
      for key in [Key.configMapRef, .secretRef] where source[key].isObject && (source[key][.name].string ?? "").isEmpty {
        rules.refuse(.required, at.child(key).child("name"), nil, "name it")
      }
      let count = [Key.configMapRef, .secretRef].filter { !source[$0].isNull }.count
      if count != 1 { rules.refuse(.invalid, at, "", "must have configMapRef or secretRef, and one of them only") }
    }
  }

  /// Source: IsRelaxedEnvVarName, apimachinery/pkg/util/validation, v0.36.
  private static func isVariableName(_ name: String) -> Bool {
    name.utf8.allSatisfy { (32...126).contains($0) && $0 != UInt8(ascii: "=") }
  }

  private static func value(_ variable: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let source = variable[.valueFrom]
    let keys = [Key.fieldRef, .resourceFieldRef, .configMapKeyRef, .secretKeyRef, .fileKeyRef]
    let count = keys.filter { !source[$0].isNull }.count
    if variable[.value].string?.isEmpty == false {
      rules.refuse(.invalid, path, "", "may not be specified when `value` is not empty")
    } else if count != 1 {
      rules.refuse(.invalid, path, "", "must have one of \(keys.map(\.name).joined(separator: ", ")), and one only")
    }
    PodFactRules.field(source[.fieldRef], path.child("fieldRef"), .environment, &rules)
    PodFactRules.resource(source[.resourceFieldRef], path.child("resourceFieldRef"), .environment, &rules)
    for key in [Key.configMapKeyRef, .secretKeyRef] {
      rules.form(
        source[key][.key], path.child(key).child("key"), "must be a key, as ConfigMaps and Secrets have it",
        FieldRules.isConfigKey)
    }
  }

  // MARK: Volumes

  private static func mounts(_ container: JSON, _ volumes: Set<String>, _ path: FieldPath, _ rules: inout RuleSheet) {
    var paths = Set<String>()
    for (index, mount) in container[.volumeMounts].elements.enumerated() {
      let at = path.index(index)
      if let name = mount[.name].string, !name.isEmpty, !volumes.contains(name) {
        rules.refuse(.notFound, at.child("name"), mount[.name])
      }
      if let place = mount[.mountPath].string, !paths.insert(place).inserted {
        rules.refuse(.invalid, at.child("mountPath"), mount[.mountPath], "must be unique")
      }
      for key in [Key.subPath, .subPathExpr] {
        rules.form(mount[key], at.child(key), "must be a path below the volume", VolumeRules.isInside)
      }
      if mount[.subPath].string?.isEmpty == false, mount[.subPathExpr].string?.isEmpty == false {
        rules.refuse(.invalid, at.child("subPathExpr"), mount[.subPathExpr], "not together with subPath")
      }
      if mount[.mountPropagation] == "Bidirectional", container[.securityContext][.privileged] != true {
        rules.refuse(.forbidden, at.child("mountPropagation"), nil, "Bidirectional is for privileged containers only")
      }
      if let extent = mount[.recursiveReadOnly].string, extent != "Disabled", mount[.readOnly] != true {
        rules.refuse(.forbidden, at.child("recursiveReadOnly"), nil, "is for what is mounted readOnly")
      }
    }
  }

  // MARK: Probes and hooks

  private static func probe(_ probe: JSON, _ key: Key, _ path: FieldPath, _ rules: inout RuleSheet) {
    handler(probe, path, [.exec, .httpGet, .tcpSocket, .grpc], &rules)
    for (name, least) in [(Key.periodSeconds, 1), (.timeoutSeconds, 1), (.initialDelaySeconds, 0)] {
      rules.add(FieldRules.atLeast(least, probe[name].int, path.child(name)))
    }
    if key != .readinessProbe, let threshold = probe[.successThreshold].int, threshold != 1 {
      rules.refuse(.invalid, path.child("successThreshold"), probe[.successThreshold], "must be 1")
    }
    if key == .readinessProbe, !probe[.terminationGracePeriodSeconds].isNull {
      let seconds = probe[.terminationGracePeriodSeconds]
      rules.refuse(.invalid, path.child("terminationGracePeriodSeconds"), seconds, "must not be set: readiness ends no container")
    }
  }

  private static func hooks(_ lifecycle: JSON, _ grace: Int?, _ path: FieldPath, _ rules: inout RuleSheet) {
    for key in [Key.postStart, .preStop] where lifecycle[key].isObject {
      handler(lifecycle[key], path.child(key), [.exec, .httpGet, .tcpSocket, .sleep], &rules)
      if let grace, let seconds = lifecycle[key][.sleep][.seconds].int, seconds > grace {
        let detail = "must not be more than terminationGracePeriodSeconds (\(grace))"
        rules.refuse(.invalid, path.child(key).child("sleep"), .int(Int64(seconds)), detail)
      }
    }
  }

  private static func handler(_ handler: JSON, _ path: FieldPath, _ kinds: [Key], _ rules: inout RuleSheet) {
    rules.one(of: kinds, handler, path, excess: .forbidden, nothing: .required)
    if handler[.exec].isObject, handler[.exec][.command].elements.isEmpty {
      rules.refuse(.required, path.child("exec").child("command"), nil, "name the program")
    }
    for header in handler[.httpGet][.httpHeaders].elements where !isHeader(header[.name].string ?? "") {
      rules.refuse(.invalid, path.child("httpGet").child("httpHeaders"), header[.name], "is no name of a header")
    }
    for key in [Key.httpGet, .tcpSocket] {
      rules.form(handler[key][.port], path.child(key).child("port"), FieldRules.portNameText, FieldRules.isPortName)
    }
  }

  private static func isHeader(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }

  // MARK: Restarts

  /// Source: validateContainerRestartPolicy.
  private static func restarts(_ container: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let list = container[.restartPolicyRules].elements
    if !list.isEmpty, container[.restartPolicy].isNull {
      rules.refuse(.required, path.child("restartPolicy"), nil, "rules want a policy for what they do not name")
    }
    let at = path.child("restartPolicyRules")
    if list.count > ruleLimit { rules.refuse(.tooLong, at, nil, "there may be \(ruleLimit) rules at the most") }
    for (index, rule) in list.enumerated() where rule[.exitCodes].isNull {
      rules.refuse(.required, at.index(index).child("exitCodes"), nil, "say for which exit codes")
    }
  }

  // MARK: Security

  private static func security(_ context: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    profile(context[.seccompProfile], path.child("seccompProfile"), &rules)
    if context[.allowPrivilegeEscalation] == false {
      let added = context[.capabilities][.add].elements
      if context[.privileged] == true || added.contains("CAP_SYS_ADMIN") {
        rules.refuse(
          .invalid, path, context, "allowPrivilegeEscalation cannot be false for what is privileged or has CAP_SYS_ADMIN")
      }
    }
  }

  static func profile(_ profile: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    guard profile.isObject else { return }
    let file = profile[.localhostProfile]
    if profile[.type] == "Localhost" {
      if file.isNull { rules.refuse(.required, path.child("localhostProfile"), nil, "name the file") }
      rules.form(file, path.child("localhostProfile"), "must be a path below the node's directory", VolumeRules.isInside)
    } else if !file.isNull {
      rules.refuse(.invalid, path.child("localhostProfile"), file, "is for type Localhost only")
    }
  }

  // MARK: Resources

  static func isStandard(_ name: String) -> Bool { name == "cpu" || name == "memory" || name == "ephemeral-storage" }

  private static func isHuge(_ name: String) -> Bool { name.hasPrefix("hugepages-") }

  static func resources(_ resources: ResourceRequirements, _ path: FieldPath) -> [FieldError] {
    var rules = RuleSheet()
    for (field, map) in [("limits", resources.limits), ("requests", resources.requests)] {
      for (name, text) in map.sorted {
        var at: FieldPath { path.child(field).key(name) }
        guard let amount = Quantity(text) else { continue }
        if amount < Quantity(value: 0) { rules.refuse(.invalid, at, .string(text), "must be greater than or equal to 0") }
        if isStandard(name) { continue }
        if !name.utf8.contains(UInt8(ascii: "/")), !isHuge(name) {
          rules.refuse(.invalid, at, .string(name), "must be a standard resource for containers")
        } else if amount.milliValue % 1000 != 0 {
          rules.refuse(.invalid, at, .string(text), "must be an integer")
        }
      }
    }
    let names = (resources.limits.sorted + resources.requests.sorted).map(\.name)
    if names.contains(where: isHuge), !names.contains("cpu"), !names.contains("memory") {
      rules.refuse(.forbidden, path, nil, "huge pages are given beside cpu or memory only")
    }
    for (name, text) in resources.requests.sorted {
      let isShared = isStandard(name)
      guard let limit = resources.limits[name].flatMap({ Quantity($0) }), let request = Quantity(text) else {
        if !isShared, resources.limits[name] == nil {
          rules.refuse(.required, path.child("limits"), nil, "of \(name) nobody gets more than requested: set the limit as well")
        }
        continue
      }
      if isShared ? request > limit : request != limit {
        let detail = "must be \(isShared ? "less than or " : "")equal to \(name) limit of \(limit)"
        rules.refuse(.invalid, path.child("requests"), .string(text), detail)
      }
    }
    return rules.errors
  }
}
