import CoreNode

/// Delays are made where packets go back onto the bridge: by netem, in a class of their own for each fault, which nftables' priority leads
/// them to. All others pass by.
extension ClusterNetwork {
  private var queue: NetworkTools { NetworkTools(namespace) }
  private static func place(_ number: Int) -> String { "\(FaultRules.queue):" + String(number, radix: 16) }

  /// - Throws: `NetworkError`: also where the kernel has no netem
  package func addDelay(number: Int, milliseconds: Int, jitter: Int) async throws {
    // It is there already where there is another delay.
    try? await queue.shape(["qdisc add dev \(ClusterNetwork.bridge) root handle \(FaultRules.queue): htb"])
    let place = ClusterNetwork.place(number)
    let parent = "dev \(ClusterNetwork.bridge) parent"
    let lines = [
      "class add \(parent) \(FaultRules.queue): classid \(place) htb rate 10gbit burst 10m cburst 10m",
      "qdisc add \(parent) \(place) netem limit 100000 delay \(milliseconds)ms" + (jitter > 0 ? " \(jitter)ms" : ""),
    ]
    try await queue.shape(lines)
  }

  /// - Parameter isLast: there is no other delay
  package func removeDelay(number: Int, isLast: Bool) async {
    let bridge = "dev \(ClusterNetwork.bridge)"
    try? await queue.shape([isLast ? "qdisc del \(bridge) root" : "class del \(bridge) classid \(ClusterNetwork.place(number))"])
  }
}
