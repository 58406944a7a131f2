import CoreObjects

extension PodRuntime {
  /// What the pod's pull secrets hold. One that is not there or no docker configuration is reported, and the image pulled without it.
  /// Source: getPullSecretsForPod, pkg/kubelet/kubelet_pods.go, v1.36.
  mutating func keyring(_ plan: inout NodePlan, _ store: Store) -> RegistryKeyring {
    var keyring = RegistryKeyring()
    var problems: [String] = []
    for name in pod.spec.imagePullSecrets.compactMap(\.name) where !name.isEmpty {
      guard let stored = store.get(.secrets, namespace: key.namespace, name) else {
        problems.append("\(name) is not there")
        continue
      }
      let source = RegistryCredential.Source(uid: stored.uid, namespace: key.namespace, name: name)
      do throws(RegistryKeyring.Problem) {
        try keyring.add(try PodRuntime.dockerConfiguration(stored.view(Secret.self)), from: source)
      } catch { problems.append("\(name) is of no use: \(error.reason)") }
    }
    if !problems.isEmpty {
      let list = problems.joined(separator: ", ")
      warn("FailedToRetrieveImagePullSecret", "Images are pulled without some pull secrets: \(list)", &plan)
    }
    return keyring
  }

  private static func dockerConfiguration(_ secret: Secret) throws(RegistryKeyring.Problem) -> JSON {
    let name: String
    switch secret.type {
    case "kubernetes.io/dockerconfigjson": name = ".dockerconfigjson"
    case "kubernetes.io/dockercfg": name = ".dockercfg"
    default: throw .init(reason: "its type is \(secret.type ?? "Opaque")")
    }
    let bytes = secret.data[name].flatMap { Base64.decode($0) } ?? []
    guard let tree = try? JSONParser.parse(bytes) else { throw .init(reason: "its \(name) is no JSON") }
    return tree
  }
}
