import CoreAPI
import CoreControllers
import CoreNode
import CoreObjects

/// The signs of life of nodes whose agent is in this process. Source: pkg/kubelet and k8s.io/component-helpers/apimachinery/lease, v1.36.
extension Engine {
  /// Of cluster time, between two renewals of a Lease.
  package static let leasePeriodSeconds: Int64 = 10
  /// Periods that a Lease counts.
  private static let leasePeriods: Int64 = 4
  /// How old a heartbeat in a node's status may become.
  private static let statusPeriod = Duration.seconds(300)

  mutating func beat(_ nodes: [String], periodSeconds: Int64, _ now: Instant) {
    for name in nodes {
      guard let stored = store.get(.nodes, name) else { continue }
      renewLease(of: stored, durationSeconds: periodSeconds * Engine.leasePeriods, now)
      if !planner.lostNodes.contains(name) { renewStatus(stored, now) }
    }
    receiveReturning(nodes, now)
  }

  /// A Lease that somebody else holds is left to them.
  private mutating func renewLease(of node: StoredObject, durationSeconds: Int64, _ now: Instant) {
    let name = node.key.name
    let namespace = NodeLifecycleController.leaseNamespace
    let spec: JSON = [
      "holderIdentity": .string(name), "leaseDurationSeconds": .int(durationSeconds), "renewTime": .string(now.rfc3339Micro),
    ]
    let intent: WriteIntent
    if let stored = store.get(.leases, namespace: namespace, name) {
      guard stored.tree[.spec][.holderIdentity].string == name else { return }
      var lease = stored.tree
      for member in spec.members { lease[.spec].put(member.key, member.value) }
      intent = .replace(.leases, lease)
    } else {
      let owner: JSON = ["apiVersion": "v1", "kind": "Node", "name": .string(name), "uid": .string(node.uid)]
      intent = .create(
        .leases, namespace: namespace,
        Document(["metadata": ["name": .string(name), "ownerReferences": [owner]], "spec": spec]))
    }
    do throws(APIError) { try writer.write(intent, by: .node(name), at: now) } catch {
      report(error, "the Lease of node \(name)")
    }
  }

  private mutating func renewStatus(_ stored: StoredObject, _ now: Instant) {
    var node = stored.view(Node.self)
    let last = node.ready.lastHeartbeatTime.flatMap { Instant(rfc3339: $0) }
    guard let last, last + Engine.statusPeriod <= now else { return }
    for index in node.status.conditions.indices where NodeRegistration.reported.contains(node.status.conditions[index].type ?? "")
    {
      node.status.conditions[index].lastHeartbeatTime = now.rfc3339
    }
    writeStatus(.status(.nodes, in: node.tree), of: "node \(stored.key.name)", by: .node(stored.key.name), now)
  }
}
