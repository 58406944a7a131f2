import CoreObjects

/// The roles and bindings that every cluster begins with.
/// Source of names and rules: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, v1.36; reduced to what is served.
enum BootstrapRoles {
  static let read = ["get", "list", "watch"]
  static let write = ["create", "delete", "deletecollection", "patch", "update"]

  static var clusterRoles: [JSON] {
    [
      role("cluster-admin", [rule(["*"], ["*"], ["*"]), paths(["*"], ["*"])]),
      aggregated("admin", from: "admin"), aggregated("edit", from: "edit"), aggregated("view", from: "view"),
      role("system:aggregate-to-admin", adminRules, labels: ["admin"]),
      role("system:aggregate-to-edit", editRules, labels: ["edit"]),
      role("system:aggregate-to-view", viewRules, labels: ["view"]),
      role(
        "system:basic-user",
        [
          rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
          rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
        ]),
      role(
        "system:discovery",
        [
          paths(
            [
              "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version",
              "/version/",
            ], ["get"])
        ]),
      role(
        "system:service-account-issuer-discovery",
        [
          paths(
            ["/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/"],
            ["get"])
        ]),
      role("system:public-info-viewer", [paths(["/healthz", "/livez", "/readyz", "/version", "/version/"], ["get"])]),
      role(
        "system:monitoring",
        [
          paths(["/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*"], ["get"])
        ]),
      role(
        "system:auth-delegator",
        [
          rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
          rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
        ]),
      role("system:node", nodeRules),
      role(
        "system:metrics-server-aggregated-reader", [rule(["metrics.k8s.io"], ["pods", "nodes"], read)],
        labels: ["view", "edit", "admin"]),
      // What the autoscaler may do at metrics adapters, which ask here. Its own writes need no role.
      role(
        "system:controller:horizontal-pod-autoscaler",
        [rule(["custom.metrics.k8s.io", "external.metrics.k8s.io"], ["*"], ["get", "list"])]),
      role(
        "system:persistent-volume-provisioner",
        [
          rule([""], ["persistentvolumes"], ["create", "delete"] + read),
          rule([""], ["persistentvolumeclaims"], read + ["update"]),
          rule(["storage.k8s.io"], ["storageclasses"], read), rule([""], ["events"], ["create", "patch", "update", "watch"]),
        ]),
    ] + certificateRoles
  }

  static var clusterRoleBindings: [JSON] {
    [
      binding("cluster-admin", role: "cluster-admin", groups: ["system:masters"]),
      binding("system:basic-user", role: "system:basic-user", groups: ["system:authenticated"]),
      binding("system:discovery", role: "system:discovery", groups: ["system:authenticated"]),
      binding(
        "system:public-info-viewer", role: "system:public-info-viewer",
        groups: ["system:authenticated", "system:unauthenticated"]),
      binding(
        "system:service-account-issuer-discovery", role: "system:service-account-issuer-discovery",
        groups: ["system:serviceaccounts"]),
      binding("system:monitoring", role: "system:monitoring", groups: ["system:monitoring"]),
      binding("system:node", role: "system:node", groups: ["system:nodes"]),
      binding("system:controller:horizontal-pod-autoscaler", account: "horizontal-pod-autoscaler"),
      binding("system:controller:certificate-controller", account: "certificate-controller"),
    ]
  }

  private static var adminRules: [JSON] {
    [
      rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
      rule(["rbac.authorization.k8s.io"], ["rolebindings", "roles"], read + write),
    ]
  }

  private static var editRules: [JSON] {
    [
      rule([""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"], read),
      rule([""], ["serviceaccounts"], ["impersonate"]),
      rule([""], ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"], write),
      rule([""], ["pods/eviction", "serviceaccounts/token"], ["create"]),
      rule(
        [""],
        [
          "configmaps", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale", "secrets",
          "serviceaccounts", "services", "services/proxy", "endpoints",
        ], write),
      rule(
        ["apps"],
        [
          "daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets", "replicasets/scale",
          "statefulsets",
          "statefulsets/scale",
        ], write),
      rule(["autoscaling"], ["horizontalpodautoscalers"], write), rule(["batch"], ["cronjobs", "jobs"], write),
      rule(["policy"], ["poddisruptionbudgets"], write), rule(["networking.k8s.io"], ["networkpolicies", "ingresses"], write),
      rule(["coordination.k8s.io"], ["leases"], read + write),
      rule(["resource.k8s.io"], ["resourceclaims", "resourceclaimtemplates"], write),
    ]
  }

  private static var viewRules: [JSON] {
    [
      rule(
        [""],
        [
          "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "replicationcontrollers",
          "replicationcontrollers/scale", "serviceaccounts", "services", "services/status", "bindings", "events", "limitranges",
          "namespaces/status", "pods/log", "pods/status", "replicationcontrollers/status", "resourcequotas",
          "resourcequotas/status",
          "namespaces",
        ], read),
      rule(["discovery.k8s.io"], ["endpointslices"], read),
      rule(
        ["apps"],
        [
          "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status",
          "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status",
        ], read),
      rule(["autoscaling"], ["horizontalpodautoscalers", "horizontalpodautoscalers/status"], read),
      rule(["batch"], ["cronjobs", "cronjobs/status", "jobs", "jobs/status"], read),
      rule(["policy"], ["poddisruptionbudgets", "poddisruptionbudgets/status"], read),
      rule(["networking.k8s.io"], ["networkpolicies", "ingresses", "ingresses/status"], read),
      rule(["resource.k8s.io"], ["resourceclaims", "resourceclaims/status", "resourceclaimtemplates"], read),
    ]
  }

  private static var nodeRules: [JSON] {
    [
      rule([""], ["services", "configmaps", "secrets", "persistentvolumes", "persistentvolumeclaims", "endpoints"], read),
      rule([""], ["nodes"], ["create"] + read + ["delete", "patch", "update"]),
      rule([""], ["nodes/status"], ["patch", "update"]),
      rule([""], ["events"], ["create", "patch", "update"]), rule([""], ["pods"], read + ["create", "delete"]),
      rule([""], ["pods/status"], ["patch", "update"]), rule([""], ["pods/eviction", "serviceaccounts/token"], ["create"]),
      rule(["coordination.k8s.io"], ["leases"], ["create", "delete", "get", "patch", "update"]),
      rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
      rule(["authorization.k8s.io"], ["subjectaccessreviews", "localsubjectaccessreviews"], ["create"]),
      rule([CertificateSigner.group], ["certificatesigningrequests"], ["create"] + read),
      rule(["storage.k8s.io"], ["volumeattachments"], ["get"]), rule(["storage.k8s.io"], ["csidrivers"], read),
      rule(["storage.k8s.io"], ["csinodes"], ["create", "delete", "get", "patch", "update"]),
      rule(["node.k8s.io"], ["runtimeclasses"], read), rule(["resource.k8s.io"], ["resourceclaims"], ["get"]),
      rule(["resource.k8s.io"], ["resourceslices"], ["deletecollection"] + read + ["create", "update", "patch", "delete"]),
    ]
  }

  private static func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  static func rule(_ groups: [String], _ resources: [String], _ verbs: [String], names: [String] = []) -> JSON {
    var rule: JSON = ["apiGroups": texts(groups), "resources": texts(resources), "verbs": texts(verbs)]
    if !names.isEmpty { rule.put(.resourceNames, texts(names)) }
    return rule
  }

  private static func paths(_ paths: [String], _ verbs: [String]) -> JSON {
    ["nonResourceURLs": texts(paths), "verbs": texts(verbs)]
  }

  private static func metadata(_ name: String) -> JSON {
    [
      "name": .string(name), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
      "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"],
    ]
  }

  static func role(_ name: String, _ rules: [JSON], labels targets: [String] = []) -> JSON {
    var metadata = metadata(name)
    for target in targets { metadata[.labels].put(Key("rbac.authorization.k8s.io/aggregate-to-\(target)"), "true") }
    return ["apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata, "rules": .array(rules)]
  }

  /// admin holds what edit holds, edit what view holds: the labels say so.
  private static func aggregated(_ name: String, from label: String) -> JSON {
    var role = role(name, [])
    if name == "edit" { role[.metadata][.labels].put("rbac.authorization.k8s.io/aggregate-to-admin", "true") }
    if name == "view" { role[.metadata][.labels].put("rbac.authorization.k8s.io/aggregate-to-edit", "true") }
    role.put(
      "aggregationRule",
      [
        "clusterRoleSelectors": [
          ["matchLabels": .object([Member(key: Key("rbac.authorization.k8s.io/aggregate-to-\(label)"), value: "true")])]
        ]
      ])
    return role
  }

  private static func binding(_ name: String, role: String, groups: [String]) -> JSON {
    let subjects = groups.map { ["apiGroup": .string(RoleIndex.group), "kind": "Group", "name": .string($0)] as JSON }
    return binding(name, role: role, subjects)
  }

  /// Of a controller's account in kube-system to the role of the binding's name.
  private static func binding(_ name: String, account: String) -> JSON {
    binding(name, role: name, [["kind": "ServiceAccount", "namespace": "kube-system", "name": .string(account)]])
  }

  private static func binding(_ name: String, role: String, _ subjects: [JSON]) -> JSON {
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": metadata(name),
      "roleRef": ["apiGroup": .string(RoleIndex.group), "kind": "ClusterRole", "name": .string(role)],
      "subjects": .array(subjects),
    ]
  }
}
