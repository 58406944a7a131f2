package import CoreObjects

extension Writer {
  /// What a cluster begins with, as far as it is missing: namespaces, roles, bindings, priority classes, API services, priority levels
  /// with their flow schemas, and the range of Services.
  /// Roles of the server's own are brought back to their rules, unless their annotation autoupdate says "false".
  package mutating func bootstrap(at now: Instant) {
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
      ensure(.namespaces, ["metadata": ["name": .string(name)]], now)
    }
    for role in BootstrapRoles.clusterRoles { ensure(.clusterRoles, role, now, key: "rules") }
    for binding in BootstrapRoles.clusterRoleBindings { ensure(.clusterRoleBindings, binding, now, key: "subjects") }
    for (name, value) in [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)] {
      ensure(
        .priorityClasses,
        [
          "metadata": ["name": .string(name)], "value": .int(Int64(value)),
          "description": "For what the cluster itself cannot do without.",
        ], now)
    }
    ensureLocalServices(at: now)
    bootstrapFrontProxy(at: now)
    for level in FlowBootstrap.priorityLevels { ensure(.priorityLevels, level, now) }
    for schema in FlowBootstrap.flowSchemas(at: now) { ensure(.flowSchemas, schema, now) }
    ensure(.serviceCIDRs, serviceRange(now), now)
    keepAddresses()
  }

  /// Source: pkg/controlplane/controller/defaultservicecidr, v1.36.
  private func serviceRange(_ now: Instant) -> JSON {
    let ready: JSON = [
      "type": "Ready", "status": "True", "lastTransitionTime": .string(now.rfc3339), "reason": "InUse",
      "message": "addresses of the range are given to Services",
    ]
    return [
      "metadata": ["name": "kubernetes", "finalizers": ["networking.k8s.io/service-cidr-finalizer"]],
      "spec": ["cidrs": [.string(configuration.addresses.serviceRange)]],
      "status": ["conditions": [ready]],
    ]
  }

  package mutating func ensureLocalServices(at now: Instant) {
    for service in localServices(now) { ensure(.apiServices, service, now) }
  }

  private mutating func ensure(_ id: ResourceID, _ tree: JSON, _ now: Instant, key: Key? = nil) {
    let name = tree[.metadata][.name].string ?? ""
    guard let present = store.get(id, name) else {
      let status = tree[.status]
      guard let made = try? write(.create(id, namespace: "", Document(tree)), by: .bootstrap, at: now).object else { return }
      if !status.isNull { _ = try? write(.status(made.key, status), by: .bootstrap, at: now) }
      return
    }
    let isKept = present.tree[.metadata][.annotations]["rbac.authorization.kubernetes.io/autoupdate"].string == "false"
    let isAggregated = !present.tree[.aggregationRule].isNull
    guard let key, !isKept, !isAggregated else { return }
    let missing = tree[key].elements.filter { !present.tree[key].elements.contains($0) }
    if missing.isEmpty { return }
    var updated = present.tree
    updated.put(key, .array(present.tree[key].elements + missing))
    _ = try? write(.replace(id, updated), by: .bootstrap, at: now)
  }

  private static let lastApplied = Key("kubectl.kubernetes.io/last-applied-configuration")

  /// One APIService for each group version that is served here. Source: kube-aggregator's autoregistration, v1.36.
  /// None for custom and external metrics: installers of adapters take one that is there already for somebody else's, and give up.
  private func localServices(_ now: Instant) -> [JSON] {
    var services: [JSON] = []
    for (place, group) in table.groups.enumerated() {
      for (index, version) in group.versions.enumerated() {
        let condition: JSON = [
          "type": "Available", "status": "True", "lastTransitionTime": .string(now.rfc3339), "reason": "Local",
          "message": "served by this server itself",
        ]
        let isMetrics = group.name == ComputedResources.metricsGroup
        let spec: JSON = [
          "group": group.name.isEmpty ? .null : .string(group.name), "version": .string(version),
          // The metrics' numbers are those of metrics-server's manifest, so that applying it is no conflict.
          "groupPriorityMinimum": .int(isMetrics ? 100 : Int64(18000 - place * 100)),
          "versionPriority": .int(Int64(isMetrics ? 99 + group.versions.count - index : 100 - index)),
        ]
        var metadata: JSON = [
          "name": .string("\(version).\(group.name)"),
          "labels": .object([Member(key: Key("kube-aggregator.kubernetes.io/automanaged"), value: "onstart")]),
        ]
        if group.name == ComputedResources.metricsGroup {
          // People apply metrics-server's own manifest over it: kubectl is told that there was nothing of theirs before.
          metadata.put(Key("annotations"), .object([Member(key: Writer.lastApplied, value: "{}")]))
        }
        services.append(["metadata": metadata, "spec": spec, "status": ["conditions": [condition]]])
      }
    }
    return services
  }
}
