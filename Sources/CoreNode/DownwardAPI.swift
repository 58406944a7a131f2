import CoreObjects

/// Fields of a pod that its containers may read. Source: pkg/fieldpath and pkg/api/v1/resource, v1.36.
enum DownwardAPI {
  static func field(_ path: String, of runtime: PodRuntime, _ store: Store) -> String? {
    let pod = runtime.pod
    if let name = subscripted(path, "metadata.labels") { return pod.metadata.labels[name] ?? "" }
    if let name = subscripted(path, "metadata.annotations") { return pod.metadata.annotations[name] ?? "" }
    switch path {
    case "metadata.name": return runtime.key.name
    case "metadata.namespace": return runtime.key.namespace
    case "metadata.uid": return runtime.uid
    case "metadata.labels": return lines(pod.metadata.labels)
    case "metadata.annotations": return lines(pod.metadata.annotations)
    case "spec.nodeName": return runtime.node
    case "spec.serviceAccountName": return pod.spec.serviceAccountName ?? "default"
    case "status.hostIP", "status.hostIPs": return nodeAddress(runtime.node, store)
    case "status.podIP", "status.podIPs": return runtime.address ?? ""
    default: return nil
    }
  }

  static func nodeAddress(_ node: String, _ store: Store) -> String {
    guard let stored = store.get(.nodes, node) else { return "" }
    for address in stored.tree[.status][.addresses].elements where address[.type].isText("InternalIP") {
      return address[.address].string ?? ""
    }
    return ""
  }

  private static func subscripted(_ path: String, _ prefix: String) -> String? {
    guard path.hasPrefix(prefix + "['"), path.hasSuffix("']") else { return nil }
    return String(path.dropFirst(prefix.count + 2).dropLast(2))
  }

  private static func lines(_ map: TextMap) -> String {
    map.sorted.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: "\n")
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      default: out.append(character)
      }
    }
    return out
  }

  /// limits.cpu, requests.memory and so on, divided by the divisor and rounded up; without a limit the node's allocatable.
  static func resource(_ resource: String, divisor: String?, of pod: Pod, container: String?, _ node: Node?) -> String? {
    let parts = resource.split(separator: ".", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let name = String(parts[1])
    let all = Array(pod.spec.containers) + Array(pod.spec.initContainers)
    let resources = all.first { $0.name == container }?.resources ?? ResourceRequirements()
    var text = parts[0] == "limits" ? resources.limits[name] : resources.requests[name]
    if text == nil, parts[0] == "limits" { text = node?.status.allocatable[name] }
    guard let quantity = Quantity(text ?? "0") else { return nil }
    guard let unit = Quantity(divisor.flatMap { $0 == "0" ? nil : $0 } ?? "1") else { return nil }
    if name == "cpu" {
      let step = max(1, unit.milliValue)
      return String((quantity.milliValue + step - 1) / step)
    }
    let step = max(1, unit.value)
    return String((quantity.value + step - 1) / step)
  }
}
