import CoreObjects

extension Writer {
  private static let authentication = "extension-apiserver-authentication"

  /// Where servers behind this one read whose word they take for who asks, and the role that lets them read it.
  /// Source: the ConfigMap's keys, pkg/controlplane/controller/clusterauthenticationtrust, v1.36; the role, plugin/pkg/auth.
  mutating func bootstrapFrontProxy(at now: Instant) {
    if configuration.frontProxyAuthorityPEM.isEmpty { return }
    let data: JSON = [
      "client-ca-file": .string(configuration.certificateAuthorityPEM),
      "requestheader-client-ca-file": .string(configuration.frontProxyAuthorityPEM),
      "requestheader-allowed-names": .string("[\"\(APIConfiguration.frontProxyName)\"]"),
      "requestheader-username-headers": "[\"X-Remote-User\"]", "requestheader-uid-headers": "[\"X-Remote-Uid\"]",
      "requestheader-group-headers": "[\"X-Remote-Group\"]",
      "requestheader-extra-headers-prefix": "[\"X-Remote-Extra-\"]",
    ]
    let namespace = "kube-system"
    if let present = store.get(.configMaps, namespace: namespace, Writer.authentication) {
      var tree = present.tree
      tree.put(.data, data)
      if tree != present.tree { _ = try? write(.replace(.configMaps, tree), by: .bootstrap, at: now) }
    } else {
      let tree: JSON = ["metadata": ["name": .string(Writer.authentication)], "data": data]
      _ = try? write(.create(.configMaps, namespace: namespace, Document(tree)), by: .bootstrap, at: now)
    }
    let reader = Writer.authentication + "-reader"
    if store.get(.roles, namespace: namespace, reader) != nil { return }
    let rule: JSON = [
      "apiGroups": [""], "resources": ["configmaps"], "resourceNames": [.string(Writer.authentication)],
      "verbs": ["get", "list", "watch"],
    ]
    let role: JSON = [
      "metadata": ["name": .string(reader), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"]], "rules": [rule],
    ]
    _ = try? write(.create(.roles, namespace: namespace, Document(role)), by: .bootstrap, at: now)
  }
}
