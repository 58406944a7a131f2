/// Where a cluster's nodes, pods and Services are: node n in PODS.n.0/24, itself .1 and its pods .2 to .254; Services in SERVICES.0.0/16,
/// of which .0.1 is the API server and .0.10 the DNS; load balancers in BALANCERS.0/24.
package struct ClusterAddresses: Sendable, Equatable {
  /// How many there are to choose from, where a machine uses some for something else.
  package static let choices = 16

  package let choice: Int
  /// The first two numbers, such as "10.244".
  package let pods: String
  /// The first two numbers, such as "10.96".
  package let services: String
  /// The first three numbers, such as "10.97.0".
  package let balancers: String

  /// - Parameter choice: below `choices`; 0 are the usual ones, as kubeadm and kind have them
  package init(choice: Int = 0) {
    self.choice = choice
    pods = "10.\(244 - choice)"
    services = "10.\(96 + 2 * choice)"
    balancers = "10.\(97 + 2 * choice).0"
  }

  package var podRange: String { pods + ".0.0/16" }
  package var serviceRange: String { services + ".0.0/16" }
  package var balancerRange: String { balancers + ".0/24" }
  package var ranges: [String] { [podRange, serviceRange, balancerRange] }
  package var apiServer: String { services + ".0.1" }
  package var dns: String { services + ".0.10" }
  package var router: String { pods + ".255.1" }

  package func node(_ number: Int, host: UInt8 = 1) -> String { "\(pods).\(number).\(host)" }
  package func range(ofNode number: Int) -> String { "\(pods).\(number).0/24" }
  /// Whether an address is one of a node or a pod.
  package func holds(_ address: String) -> Bool { address.hasPrefix(pods + ".") }
}
