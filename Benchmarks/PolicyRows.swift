import CoreNode
import CoreObjects
import EdgeRuntime

/// What it takes to have policies in force, in a network of its own: as many pods as policies, no two alike, in namespaces of ten. Each
/// policy is for one pod and lets in one of its namespace, all of another namespace, and a network, at two ports.
enum PolicyRows {
  /// Seconds until the kernel has them all.
  static func all(_ count: Int) async throws -> Double {
    let (policies, _) = try await open()
    let begin = seconds()
    tell(policies, count)
    await policies.settle()
    return seconds() - begin
  }

  /// Milliseconds until the kernel knows of another pod: the median.
  static func change(among count: Int) async throws -> Double {
    let (policies, _) = try await open()
    tell(policies, count)
    await policies.settle()
    var times: [Double] = []
    for turn in 0..<21 {
      let begin = seconds()
      policies.replace(pod(count + turn, alikeTo: turn))
      await policies.settle()
      times.append(seconds() - begin)
    }
    return times.sorted()[times.count / 2] * 1000
  }

  private static func open() async throws -> (RuleInstaller<PolicyRules>, ClusterNetwork) {
    let network = try await ClusterNetwork(nodes: [0])
    let policies = RuleInstaller<PolicyRules> { say("policies: \($0)", to: 2) }
    try await policies.open(NetworkTools(network.namespace), PolicyRules(nodes: 1))
    return (policies, network)
  }

  private static func tell(_ policies: RuleInstaller<PolicyRules>, _ count: Int) {
    for number in 0..<count {
      let namespace = "n-\(number / 10)"
      if number % 10 == 0 {
        policies.replace(PolicyFact(ObjectKey(.namespaces, namespace), .namespace(labels: TextMap(["name": namespace]))))
      }
      policies.replace(pod(number, alikeTo: number))
      let spec: JSON = [
        "podSelector": ["matchLabels": ["app": .string("\(number)")]], "policyTypes": ["Ingress"],
        "ingress": [
          [
            "from": [
              ["podSelector": ["matchLabels": ["app": .string("\(number / 10 * 10)")]]],
              ["namespaceSelector": ["matchLabels": ["name": .string("n-\((number / 10 + 1) % (count / 10))")]]],
              ["ipBlock": ["cidr": "192.0.2.0/24"]],
            ], "ports": [["port": 80, "protocol": "TCP"], ["port": 443, "protocol": "TCP"]],
          ]
        ],
      ]
      policies.replace(
        PolicyFact(
          ObjectKey(.networkPolicies, namespace: namespace, "p-\(number)"), .policy(NetworkPolicySpec(tree: spec))))
    }
  }

  private static func pod(_ number: Int, alikeTo other: Int) -> PolicyFact {
    let identity = PolicyIdentity(namespace: "n-\(other / 10)", labels: TextMap(["app": "\(other)"]))
    return PolicyFact(
      ObjectKey(.pods, namespace: identity.namespace, "pod-\(number)"),
      .pod(PolicedPod(address: "10.244.\(number / 250).\(number % 250 + 2)", identity)))
  }
}
