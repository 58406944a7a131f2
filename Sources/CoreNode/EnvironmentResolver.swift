import CoreObjects

struct EnvironmentFailure: Error { var message: String }

/// A container's environment: service variables, envFrom, env, with $(NAME) expanded.
/// Source: makeEnvironmentVariables, pkg/kubelet/kubelet_pods.go, v1.36.
struct EnvironmentResolver {
  let runtime: PodRuntime
  let container: Container
  let store: Store

  private var namespace: String { runtime.key.namespace }

  func variables() throws(EnvironmentFailure) -> [EnvironmentVariable] {
    var result = serviceVariables()
    for source in container.envFrom { try add(source, to: &result) }
    for variable in container.env {
      let name = variable.name ?? ""
      if let text = variable.value {
        set(name, expand(text, with: result), in: &result)
      } else if let text = try value(of: variable.valueFrom, name) {
        set(name, text, in: &result)
      } else if variable.valueFrom.isAbsent {
        set(name, "", in: &result)
      }
    }
    return result
  }

  private func set(_ name: String, _ value: String, in variables: inout [EnvironmentVariable]) {
    if let place = variables.firstIndex(where: { $0.name == name }) { variables.remove(at: place) }
    variables.append(EnvironmentVariable(name: name, value: value))
  }

  private func add(_ source: EnvFromSource, to variables: inout [EnvironmentVariable]) throws(EnvironmentFailure) {
    let prefix = source.prefix ?? ""
    if let name = source.configMapRef.name {
      guard let found = store.get(.configMaps, namespace: namespace, name) else {
        if source.configMapRef.optional == true { return }
        throw EnvironmentFailure(message: "configmap \"\(name)\" not found")
      }
      for (key, value) in found.view(ConfigMap.self).data.sorted { set(prefix + key, value, in: &variables) }
    }
    if let name = source.secretRef.name {
      guard let found = store.get(.secrets, namespace: namespace, name) else {
        if source.secretRef.optional == true { return }
        throw EnvironmentFailure(message: "secret \"\(name)\" not found")
      }
      for (key, value) in found.view(Secret.self).data.sorted {
        set(prefix + key, String(decoding: Base64.decode(value) ?? [], as: UTF8.self), in: &variables)
      }
    }
  }

  private func value(of source: EnvVarSource, _ name: String) throws(EnvironmentFailure) -> String? {
    if let map = source.configMapKeyRef.name, let key = source.configMapKeyRef.key {
      let object = store.get(.configMaps, namespace: namespace, map)
      let found = object?.view(ConfigMap.self).data[key]
      if found == nil, source.configMapKeyRef.optional != true {
        if object == nil { throw EnvironmentFailure(message: "configmap \"\(map)\" not found") }
        throw EnvironmentFailure(message: "configmap \"\(map)\" has no key \"\(key)\", which variable \(name) wants")
      }
      return found
    }
    if let secret = source.secretKeyRef.name, let key = source.secretKeyRef.key {
      let object = store.get(.secrets, namespace: namespace, secret)
      let found = object?.view(Secret.self).data[key]
      if found == nil, source.secretKeyRef.optional != true {
        if object == nil { throw EnvironmentFailure(message: "secret \"\(secret)\" not found") }
        throw EnvironmentFailure(message: "secret \"\(secret)\" has no key \"\(key)\", which variable \(name) wants")
      }
      return found.flatMap { Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
    }
    if let path = source.fieldRef.fieldPath {
      guard let text = DownwardAPI.field(path, of: runtime, store) else {
        throw EnvironmentFailure(message: "the field \"\(path)\", which variable \(name) wants, is not known")
      }
      return text
    }
    if let resource = source.resourceFieldRef.resource {
      return DownwardAPI.resource(
        resource, divisor: source.resourceFieldRef.divisor, of: runtime.allocatedPod,
        container: source.resourceFieldRef.containerName ?? container.name,
        store.get(.nodes, runtime.node)?.view(Node.self))
    }
    return nil
  }

  /// KUBERNETES_SERVICE_HOST and the like: of the service kubernetes always, of the namespace's services unless turned off.
  private func serviceVariables() -> [EnvironmentVariable] {
    var services: [StoredObject] = []
    if runtime.pod.spec.enableServiceLinks != false { services = store.list(.services, namespace: namespace) }
    if namespace != "default" || runtime.pod.spec.enableServiceLinks == false,
      let api = store.get(.services, namespace: "default", "kubernetes")
    {
      services.insert(api, at: 0)
    }
    var result: [EnvironmentVariable] = []
    for stored in services {
      let service = stored.view(Service.self)
      let ports = service.spec.ports
      guard let address = service.spec.clusterIP, address != "None", !address.isEmpty, let first = ports.first else { continue }
      let base = EnvironmentResolver.variableName(stored.key.name)
      set(base + "_SERVICE_HOST", address, in: &result)
      set(base + "_SERVICE_PORT", String(first.port ?? 0), in: &result)
      set(base + "_PORT", "\(first.protocol?.lowercased() ?? "tcp")://\(address):\(first.port ?? 0)", in: &result)
      for port in ports {
        let proto = port.protocol ?? "TCP"
        let lowerProto = proto.lowercased()
        let number = port.port ?? 0
        if let name = port.name {
          set(base + "_SERVICE_PORT_" + EnvironmentResolver.variableName(name), String(number), in: &result)
        }
        let each = "\(base)_PORT_\(number)_\(proto)"
        set(each, "\(lowerProto)://\(address):\(number)", in: &result)
        set(each + "_PROTO", lowerProto, in: &result)
        set(each + "_PORT", String(number), in: &result)
        set(each + "_ADDR", address, in: &result)
      }
    }
    return result
  }

  /// "my-db" as "MY_DB". Names of services and ports are lower-case letters, digits and "-".
  private static func variableName(_ name: String) -> String {
    String(
      decoding: name.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        default: byte
        }
      }, as: UTF8.self)
  }

  /// The path within a volume. Source: makeMounts, pkg/kubelet/kubelet_pods.go, v1.36.
  func subPath(of mount: VolumeMount, with variables: [EnvironmentVariable]) throws(EnvironmentFailure) -> String {
    guard let text = mount.subPathExpr, !text.isEmpty else { return mount.subPath ?? "" }
    var missing: [String] = []
    let path = expand(text, with: variables) { missing.append($0) }
    if let name = missing.first { throw EnvironmentFailure(message: "subPathExpr \"\(text)\" names \(name), which is not set") }
    if path.hasPrefix("/") || path.split(separator: "/").contains("..") {
      throw EnvironmentFailure(message: "subPathExpr \"\(text)\" stands for \"\(path)\", which is no path within the volume")
    }
    return path
  }

  /// Replaces $(NAME) by the variable's value; $$ stands for $, and unknown names stay as they are.
  func expand(_ text: String, with variables: [EnvironmentVariable], whereMissing: (String) -> Void = { _ in }) -> String {
    guard text.contains("$") else { return text }
    var out = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      out += rest[..<dollar]
      rest = rest[dollar...].dropFirst()
      if rest.first == "$" {
        out += "$"
        rest = rest.dropFirst()
      } else if rest.first == "(", let close = rest.firstIndex(of: ")") {
        let name = rest[rest.index(after: rest.startIndex)..<close]
        let value = variables.last { $0.name == name }?.value
        if value == nil { whereMissing(String(name)) }
        out += value ?? "$(\(name))"
        rest = rest[rest.index(after: close)...]
      } else {
        out += "$"
      }
    }
    return out + rest
  }
}
