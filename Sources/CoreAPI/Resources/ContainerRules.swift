import CoreObjects

/// Rules of one container. Source: pkg/apis/core/validation, v1.36.
enum ContainerRules {
  static func validate(_ container: Container, volumes: Set<String>, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if let name = container.name, !FieldRules.isLabel(name) {
      errors.append(FieldError(.invalid, path.child("name"), value: .string(name), detail: FieldRules.labelText))
    }
    let image = container.image ?? ""
    if image.isEmpty { errors.append(FieldError(.required, path.child("image"), detail: "name the image to run")) }
    if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
      errors.append(
        FieldError(.invalid, path.child("image"), value: .string(image), detail: "must not have leading or trailing whitespace"))
    }
    errors += resources(container.resources, path.child("resources"))
    errors += mounts(container, volumes, path.child("volumeMounts"))
    for index in container.ports.indices {
      guard let port = container.ports[index].containerPort, !(1...65535).contains(port) else { continue }
      let at = path.child("ports").index(index).child("containerPort")
      errors.append(FieldError(.invalid, at, value: .int(Int64(port)), detail: "must be between 1 and 65535, inclusive"))
    }
    for index in container.env.indices {
      let name = container.env[index].name ?? ""
      // Source: IsRelaxedEnvVarName, apimachinery/pkg/util/validation, v0.36.
      if name.utf8.contains(where: { !(32...126).contains($0) || $0 == UInt8(ascii: "=") }) {
        let at = path.child("env").index(index).child("name")
        errors.append(
          FieldError(.invalid, at, value: .string(name), detail: "may hold printable ASCII characters other than '='"))
      }
    }
    for index in container.env.indices
    where container.env[index].value?.isEmpty == false && !container.env[index].valueFrom.isAbsent {
      let at = path.child("env").index(index).child("valueFrom")
      errors.append(FieldError(.invalid, at, value: "", detail: "may not be specified when `value` is not empty"))
    }
    for (name, probe) in [
      ("livenessProbe", container.livenessProbe), ("readinessProbe", container.readinessProbe),
      ("startupProbe", container.startupProbe),
    ] where !probe.isAbsent { errors += self.probe(probe, path.child(name)) }
    return errors
  }

  private static func mounts(_ container: Container, _ volumes: Set<String>, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for index in container.volumeMounts.indices {
      let mount = container.volumeMounts[index]
      if let name = mount.name, !volumes.contains(name) {
        errors.append(FieldError(.notFound, path.index(index).child("name"), value: .string(name), detail: ""))
      }
      if let sub = mount.subPath, sub.split(separator: "/").contains("..") {
        errors.append(
          FieldError(.invalid, path.index(index).child("subPath"), value: .string(sub), detail: "must not contain '..'"))
      }
    }
    return errors
  }

  private static func probe(_ probe: Probe, _ path: FieldPath) -> [FieldError] {
    let handlers = [probe.exec.isAbsent, probe.httpGet.isAbsent, probe.tcpSocket.isAbsent, probe.grpc.isAbsent].filter { !$0 }
      .count
    var errors: [FieldError] = []
    if handlers == 0 { errors.append(FieldError(.required, path, detail: "must specify a handler type")) }
    if handlers > 1 { errors.append(FieldError(.forbidden, path, detail: "may not specify more than 1 handler type")) }
    errors += FieldRules.atLeast(1, probe.periodSeconds, path.child("periodSeconds"))
    errors += FieldRules.atLeast(1, probe.timeoutSeconds, path.child("timeoutSeconds"))
    return errors + FieldRules.atLeast(0, probe.initialDelaySeconds, path.child("initialDelaySeconds"))
  }

  private static func isStandard(_ name: String) -> Bool { name == "cpu" || name == "memory" || name == "ephemeral-storage" }

  static func resources(_ resources: ResourceRequirements, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for (field, map) in [("limits", resources.limits), ("requests", resources.requests)] {
      for (name, text) in map.sorted {
        var at: FieldPath { path.child(field).key(name) }
        if let amount = Quantity(text), amount < Quantity(milli: 0) {
          errors.append(FieldError(.invalid, at, value: .string(text), detail: "must be greater than or equal to 0"))
        }
        if !isStandard(name), !name.utf8.contains(UInt8(ascii: "/")), !name.hasPrefix("hugepages-") {
          errors.append(FieldError(.invalid, at, value: .string(name), detail: "must be a standard resource for containers"))
        }
      }
    }
    if resources.limits.isEmpty { return errors }
    for (name, text) in resources.requests.sorted {
      guard let limit = resources.limits[name].flatMap({ Quantity($0) }), let request = Quantity(text), limit < request else {
        continue
      }
      let detail = "must be less than or equal to \(name) limit of \(limit)"
      errors.append(FieldError(.invalid, path.child("requests"), value: .string(text), detail: detail))
    }
    return errors
  }
}
