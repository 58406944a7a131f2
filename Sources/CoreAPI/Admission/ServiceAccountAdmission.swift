import CoreObjects

/// Gives a pod its ServiceAccount and the files that speak for it.
/// Source: plugin/pkg/admission/serviceaccount/admission.go, v1.36.
enum ServiceAccountAdmission {
  static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
  private static let tokenSeconds = 3607

  static func admit(_ pod: inout Pod, namespace: String, _ store: Store, suffix: String) throws(APIError) {
    if (pod.spec.serviceAccountName ?? "").isEmpty {
      let older = pod.spec.serviceAccount ?? ""
      pod.spec.serviceAccountName = older.isEmpty ? "default" : older
    }
    let name = pod.spec.serviceAccountName ?? "default"
    pod.spec.serviceAccount = name
    guard let found = store.get(.serviceAccounts, namespace: namespace, name) else {
      throw .forbidden(
        .pods, pod.metadata.name ?? "",
        "error looking up service account \(namespace)/\(name): serviceaccount \"\(name)\" not found")
    }
    let account = found.view(ServiceAccount.self)
    if pod.spec.imagePullSecrets.isEmpty { pod.spec.imagePullSecrets = account.imagePullSecrets }
    if pod.spec.imagePullSecrets.isAbsent || pod.spec.imagePullSecrets.isEmpty { pod.spec.tree.remove(.imagePullSecrets) }
    guard pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true else { return }
    mount(&pod, volume: "kube-api-access-" + suffix)
  }

  /// The files of the volume: a token, the certificate that it is shown to, and the namespace.
  private static let files: JSON = {
    let token: JSON = ["serviceAccountToken": ["expirationSeconds": .int(Int64(tokenSeconds)), "path": "token"]]
    let authority: JSON = ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]]
    let namespace: JSON = [
      "downwardAPI": ["items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]]
    ]
    return ["sources": [token, authority, namespace], "defaultMode": 420]
  }()

  private static func mount(_ pod: inout Pod, volume: String) {
    var isUsed = false
    let mount = JSON.object([
      Member(key: .name, value: .string(volume)), Member(key: .readOnly, value: true),
      Member(key: .mountPath, value: .string(mountPath)),
    ])
    for key in [Key.containers, .initContainers] where pod.spec.tree[key].isArray {
      var containers = pod.spec.tree.take(key).elements
      for index in containers.indices {
        var mounts = containers[index][.volumeMounts].elements
        if mounts.contains(where: { $0[.mountPath].isText(mountPath) }) { continue }
        isUsed = true
        mounts.append(mount)
        containers[index].put(.volumeMounts, .array(mounts))
      }
      pod.spec.tree.put(key, .array(containers))
    }
    guard isUsed else { return }
    pod.spec.volumes.tree.elements.append(
      .object([Member(key: .name, value: .string(volume)), Member(key: .projected, value: files)]))
  }
}
