import CoreJSON
import CoreStore
import CoreTypes

extension APIServer {
  /// The name in the certificate that this server shows to those that it passes requests on to.
  package static let frontProxyName = "front-proxy-client"
  private static let authentication = "extension-apiserver-authentication"

  /// Where servers behind this one read whose word they take for who asks, and the role that lets them read it.
  /// Source: the ConfigMap's keys, pkg/controlplane/controller/clusterauthenticationtrust, v1.36; the role, plugin/pkg/auth.
  mutating func bootstrapFrontProxy(at now: Instant, _ user: UserInfo) {
    if configuration.frontProxyAuthorityPEM.isEmpty { return }
    let data: JSON = [
      "client-ca-file": .string(configuration.certificateAuthorityPEM),
      "requestheader-client-ca-file": .string(configuration.frontProxyAuthorityPEM),
      "requestheader-allowed-names": .string("[\"\(APIServer.frontProxyName)\"]"),
      "requestheader-username-headers": "[\"X-Remote-User\"]", "requestheader-uid-headers": "[\"X-Remote-Uid\"]",
      "requestheader-group-headers": "[\"X-Remote-Group\"]",
      "requestheader-extra-headers-prefix": "[\"X-Remote-Extra-\"]",
    ]
    let namespace = "kube-system"
    if let present = store.get(.configMaps, namespace: namespace, APIServer.authentication) {
      var tree = present.tree
      tree.put(.data, data)
      if tree != present.tree { _ = try? update(.configMaps, tree: tree, user: user, at: now) }
    } else {
      let tree: JSON = ["metadata": ["name": .string(APIServer.authentication)], "data": data]
      _ = try? create(.configMaps, namespace: namespace, tree: tree, user: user, at: now)
    }
    let reader = APIServer.authentication + "-reader"
    if store.get(.roles, namespace: namespace, reader) != nil { return }
    let rule: JSON = [
      "apiGroups": [""], "resources": ["configmaps"], "resourceNames": [.string(APIServer.authentication)],
      "verbs": ["get", "list", "watch"],
    ]
    let role: JSON = [
      "metadata": ["name": .string(reader), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"]], "rules": [rule],
    ]
    _ = try? create(.roles, namespace: namespace, tree: role, user: user, at: now)
  }
}
