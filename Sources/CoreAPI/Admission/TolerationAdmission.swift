import CoreObjects

/// Pods stay for five minutes on a node that is lost. Source: plugin/pkg/admission/defaulttolerationseconds, v1.36.
enum TolerationAdmission {
  static let seconds = 300

  private static let tolerations = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map { taint in
    let tree: JSON = [
      "key": .string(taint), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .int(Int64(seconds)),
    ]
    return (taint: taint, tree: tree)
  }

  static func admit(_ pod: inout Pod) {
    for (taint, tree) in tolerations {
      let isTolerated = pod.spec.tolerations.contains {
        ($0.key == taint || ($0.key ?? "").isEmpty) && ["NoExecute", "", nil].contains($0.effect)
      }
      if isTolerated { continue }
      pod.spec.tolerations.tree.elements.append(tree)
    }
  }
}
