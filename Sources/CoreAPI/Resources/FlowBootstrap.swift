import CoreObjects

/// The priority levels and flow schemas that every cluster begins with.
/// Source of names and numbers: apiserver/pkg/apis/flowcontrol/bootstrap/default.go, v1.36.
enum FlowBootstrap {
  /// Of which nobody may change the spec.
  static let mandatoryLevels: [String: JSON] = ["exempt": levels[0].spec, "catch-all": levels[1].spec]
  static let mandatorySchemas: [String: JSON] = ["exempt": schemas[0].spec, "catch-all": schemas[1].spec]

  private static let levels: [(name: String, spec: JSON)] = [
    ("exempt", ["type": "Exempt", "exempt": ["nominalConcurrencyShares": 0, "lendablePercent": 0]]),
    ("catch-all", limited(5, lendable: 0, ["type": "Reject"])),
    ("system", limited(30, lendable: 33, queue(64, hand: 6))),
    ("node-high", limited(40, lendable: 25, queue(64, hand: 6))),
    ("leader-election", limited(10, lendable: 0, queue(16, hand: 4))),
    ("workload-high", limited(40, lendable: 50, queue(128, hand: 6))),
    ("workload-low", limited(100, lendable: 90, queue(128, hand: 6))),
    ("global-default", limited(20, lendable: 50, queue(128, hand: 6))),
  ]

  private static func limited(_ shares: Int64, lendable: Int64, _ response: JSON) -> JSON {
    [
      "type": "Limited",
      "limited": [
        "nominalConcurrencyShares": .int(shares), "limitResponse": response, "lendablePercent": .int(lendable),
      ],
    ]
  }

  private static func queue(_ queues: Int64, hand: Int64) -> JSON {
    ["type": "Queue", "queuing": ["queues": .int(queues), "handSize": .int(hand), "queueLengthLimit": 50]]
  }

  private static let everyone = groups(["system:unauthenticated", "system:authenticated"])
  private static let accounts: [JSON] = [
    ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": "*"]]
  ]
  private static let leases = resources(["get", "create", "update"], "coordination.k8s.io", ["leases"])

  private static let schemas: [(name: String, spec: JSON)] = [
    ("exempt", schema("exempt", 1, nil, groups(["system:masters"]), everything, paths)),
    ("catch-all", schema("catch-all", 10_000, "ByUser", everyone, everything, paths)),
    ("system-nodes", schema("system", 500, "ByUser", groups(["system:nodes"]), everything, paths)),
    (
      "system-node-high",
      schema(
        "node-high", 400, "ByUser", groups(["system:nodes"]),
        [
          resources(["*"], "", ["nodes", "nodes/status"], isClusterWide: true),
          resources(["*"], "coordination.k8s.io", ["leases"]),
        ])
    ),
    ("probes", schema("exempt", 2, nil, everyone, [], [visits(["get"], ["/healthz", "/readyz", "/livez"])])),
    (
      "system-leader-election",
      schema(
        "leader-election", 100, "ByUser", users(["system:kube-controller-manager", "system:kube-scheduler"]) + accounts, [leases])
    ),
    (
      "endpoint-controller",
      schema(
        "workload-high", 150, "ByUser",
        users(["system:kube-controller-manager"]) + [
          account("endpoint-controller"), account("endpointslicemirroring-controller"),
        ],
        [resources(["get", "create", "update"], "", ["endpoints"])])
    ),
    ("workload-leader-election", schema("leader-election", 200, "ByUser", accounts, [leases])),
    (
      "kube-controller-manager",
      schema("workload-high", 800, "ByNamespace", users(["system:kube-controller-manager"]), everything, paths)
    ),
    ("kube-scheduler", schema("workload-high", 800, "ByNamespace", users(["system:kube-scheduler"]), everything, paths)),
    ("kube-system-service-accounts", schema("workload-high", 900, "ByNamespace", accounts, everything, paths)),
    ("service-accounts", schema("workload-low", 9000, "ByUser", groups(["system:serviceaccounts"]), everything, paths)),
    ("global-default", schema("global-default", 9900, "ByUser", everyone, everything, paths)),
  ]

  private static let everything = [resources(["*"], "*", ["*"], isClusterWide: true)]
  private static let paths = [visits(["*"], ["*"])]

  private static func schema(
    _ level: String, _ precedence: Int64, _ method: String?, _ subjects: [JSON], _ resources: [JSON], _ visits: [JSON] = []
  ) -> JSON {
    var rule: JSON = ["subjects": .array(subjects)]
    if !resources.isEmpty { rule.put(.resourceRules, .array(resources)) }
    if !visits.isEmpty { rule.put(.nonResourceRules, .array(visits)) }
    var spec: JSON = [
      "priorityLevelConfiguration": ["name": .string(level)], "matchingPrecedence": .int(precedence), "rules": [rule],
    ]
    if let method { spec.put(.distinguisherMethod, ["type": .string(method)]) }
    return spec
  }

  private static func resources(
    _ verbs: [String], _ group: String, _ names: [String], isClusterWide: Bool = false
  ) -> JSON {
    var rule: JSON = [
      "verbs": texts(verbs), "apiGroups": texts([group]), "resources": texts(names), "namespaces": ["*"],
    ]
    if isClusterWide { rule.put(.clusterScope, true) }
    return rule
  }

  private static func visits(_ verbs: [String], _ paths: [String]) -> JSON {
    ["verbs": texts(verbs), "nonResourceURLs": texts(paths)]
  }

  private static func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  private static func groups(_ names: [String]) -> [JSON] { names.map { ["kind": "Group", "group": ["name": .string($0)]] } }
  private static func users(_ names: [String]) -> [JSON] { names.map { ["kind": "User", "user": ["name": .string($0)]] } }
  private static func account(_ name: String) -> JSON {
    ["kind": "ServiceAccount", "serviceAccount": ["name": .string(name), "namespace": "kube-system"]]
  }

  private static func object(_ name: String, _ spec: JSON, _ status: JSON = .null) -> JSON {
    var object: JSON = [
      "metadata": [
        "name": .string(name),
        "annotations": .object([Member(key: Key("apf.kubernetes.io/autoupdate-spec"), value: "true")]),
      ], "spec": spec,
    ]
    if !status.isNull { object.put(.status, status) }
    return object
  }

  static var priorityLevels: [JSON] { levels.map { object($0.name, $0.spec) } }

  static func flowSchemas(at now: Instant) -> [JSON] {
    schemas.map { schema in
      let level = schema.spec[.priorityLevelConfiguration][.name].string ?? ""
      let condition: JSON = [
        "type": "Dangling", "status": "False", "lastTransitionTime": .string(now.rfc3339), "reason": "Found",
        "message": .string("its priority level \(level) is there"),
      ]
      return object(schema.name, schema.spec, ["conditions": [condition]])
    }
  }
}
