import CoreObjects

/// What a pod gets from its RuntimeClass. Source: plugin/pkg/admission/runtimeclass/admission.go, v1.36.
enum RuntimeClassAdmission {
  static func admit(_ pod: inout Pod, _ store: Store) throws(APIError) {
    guard let name = pod.spec.runtimeClassName else { return }
    func refusal(_ text: String) -> APIError { .forbidden(.pods, pod.metadata.name ?? "", "pod rejected: " + text) }
    guard let type = store.get(.runtimeClasses, name)?.view(RuntimeClass.self) else {
      throw refusal("RuntimeClass \"\(name)\" not found")
    }
    if !pod.spec.overhead.isEmpty, pod.spec.overhead != type.overhead.podFixed {
      throw refusal("Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    }
    if !type.overhead.podFixed.isEmpty { pod.spec.overhead = type.overhead.podFixed }
    for (label, value) in type.scheduling.nodeSelector.sorted {
      if let own = pod.spec.nodeSelector[label], own != value {
        throw refusal(
          "conflict: runtimeClass.scheduling.nodeSelector[\(label)] = \(value); pod.spec.nodeSelector[\(label)] = \(own)")
      }
      pod.spec.nodeSelector[label] = value
    }
    for toleration in type.scheduling.tolerations where !pod.spec.tolerations.contains(where: { $0.tree == toleration.tree }) {
      pod.spec.tolerations.append(toleration)
    }
  }
}
