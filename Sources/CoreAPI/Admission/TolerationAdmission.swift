import CoreJSON
import CoreTypes

/// Pods stay for five minutes on a node that is lost. Source: plugin/pkg/admission/defaulttolerationseconds, v1.36.
enum TolerationAdmission {
  static let seconds = 300

  static func admit(_ pod: inout Pod) {
    for taint in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
      let isTolerated = pod.spec.tolerations.contains {
        ($0.key == taint || ($0.key ?? "").isEmpty) && ["NoExecute", "", nil].contains($0.effect)
      }
      if isTolerated { continue }
      pod.spec.tolerations.tree.elements.append([
        "key": .string(taint), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .int(Int64(seconds)),
      ])
    }
  }
}
