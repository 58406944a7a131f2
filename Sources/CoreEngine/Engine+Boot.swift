import CoreAPI
import CoreControllers
import CoreNode
package import CoreObjects

extension Engine {
  /// How long what every cluster has may be missing. Source: the interval of controlplane/controller/kubernetesservice, v1.36.
  static let clusterObjectsDelay = Duration.seconds(10)

  /// Once, before the first step: makes what every cluster has and looks at every object, as controllers do after a restart.
  /// - Parameters:
  ///   - servesNames: the cluster has a DNS
  ///   - nodes: those that there are now: objects of others that were nodes of this machine go. Nil: all are left as they are.
  package mutating func boot(
    at now: Instant, apiPort: Int = 6443, servesNames: Bool = false, nodes: [String]? = nil
  ) -> [Effect] {
    writer.bootstrap(at: now)
    clusterObjects = clusterObjects(apiPort: apiPort) + (servesNames ? nameObjects : [])
    makeClusterObjects(now)
    if let nodes { removeNodes(except: Set(nodes), now) }
    let bootstrap = writer.takeChanges()
    var effects: [Effect] = []
    if !bootstrap.isEmpty { effects.append(.append(bootstrap.map(\.record))) }
    return effects + start(at: now)
  }

  /// Makes what is missing of what every cluster has.
  mutating func makeClusterObjects(_ now: Instant) {
    writer.ensureLocalServices(at: now)
    for (resource, namespace, tree) in clusterObjects {
      let name = tree[.metadata][.name].string ?? ""
      if store.get(resource, namespace: namespace, name) != nil { continue }
      _ = try? writer.write(.create(resource, namespace: namespace, Document(tree)), by: .bootstrap, at: now)
    }
  }

  /// Whether it comes again when somebody deletes it. A class of storage is the user's.
  func comesAgain(_ key: ObjectKey) -> Bool {
    if key.resource == .apiServices { return aggregation.own.contains(key.name) }
    return [.services, .endpoints, .endpointSlices].contains(key.resource)
      && clusterObjects.contains { resource, namespace, tree in
        key.resource == resource && key.namespace == namespace && key.name == tree[.metadata][.name].string
      }
  }

  private mutating func removeNodes(except names: Set<String>, _ now: Instant) {
    for node in store.list(.nodes) where !names.contains(node.key.name) && NodeRegistration.isOfThisMachine(node) {
      _ = try? writer.write(.delete(node.key, Deletion(uid: node.uid)), by: .bootstrap, at: now)
    }
    // The only node takes all pods.
    guard names.count == 1, let last = names.first, var node = store.get(.nodes, last)?.view(Node.self) else { return }
    let taints = node.spec.taints.filter { $0.key != NodeRegistration.controlPlane }
    if taints.count == node.spec.taints.count { return }
    node.spec.taints = List(taints)
    _ = try? writer.write(.replace(.nodes, node.tree), by: .bootstrap, at: now)
  }

  private func clusterObjects(apiPort: Int) -> [(ResourceID, String, JSON)] {
    let address = JSON.string(server.configuration.addresses.apiServer)
    let ports: JSON = [["name": "https", "port": 443, "protocol": "TCP", "targetPort": .int(Int64(apiPort))]]
    let labels: JSON = ["component": "apiserver", "provider": "kubernetes"]
    return [
      (
        .storageClasses, "",
        [
          "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
          "metadata": ["name": "standard", "annotations": ["storageclass.kubernetes.io/is-default-class": "true"]],
          "provisioner": .string(VolumeBinder.provisioner), "reclaimPolicy": "Delete",
          "volumeBindingMode": "WaitForFirstConsumer",
        ]
      ),
      (
        .services, "default",
        [
          "apiVersion": "v1", "kind": "Service", "metadata": ["name": "kubernetes", "namespace": "default", "labels": labels],
          "spec": ["type": "ClusterIP", "clusterIP": address, "ports": ports],
        ]
      ),
      (
        .endpoints, "default",
        [
          "apiVersion": "v1", "kind": "Endpoints",
          "metadata": [
            "name": "kubernetes", "namespace": "default", "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
          ],
          "subsets": [
            ["addresses": [["ip": address]], "ports": [["name": "https", "port": 443, "protocol": "TCP"]]]
          ],
        ]
      ),
      (
        .endpointSlices, "default",
        [
          "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
          "metadata": ["name": "kubernetes", "namespace": "default", "labels": ["kubernetes.io/service-name": "kubernetes"]],
          "addressType": "IPv4", "endpoints": [["addresses": [address], "conditions": ["ready": true]]],
          "ports": [["name": "https", "port": 443, "protocol": "TCP"]],
        ]
      ),
    ]
  }

  /// The DNS as clients look for it: the Service kube-dns, whose address the server itself has.
  private var nameObjects: [(ResourceID, String, JSON)] {
    let address = JSON.string(server.configuration.addresses.dns)
    let ports: JSON = [["name": "dns", "port": 53, "protocol": "UDP"], ["name": "dns-tcp", "port": 53, "protocol": "TCP"]]
    func metadata(_ labels: KeyValuePairs<String, String>) -> JSON {
      let labels = labels.map { Member(key: Key($0.key), value: .string($0.value)) }
      return ["name": "kube-dns", "namespace": "kube-system", "labels": .object(labels)]
    }
    return [
      (
        .services, "kube-system",
        [
          "apiVersion": "v1", "kind": "Service",
          "metadata": metadata([
            "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS",
          ]),
          "spec": ["type": "ClusterIP", "clusterIP": address, "ports": ports],
        ]
      ),
      (
        .endpoints, "kube-system",
        [
          "apiVersion": "v1", "kind": "Endpoints", "metadata": metadata(["endpointslice.kubernetes.io/skip-mirror": "true"]),
          "subsets": [["addresses": [["ip": address]], "ports": ports]],
        ]
      ),
      (
        .endpointSlices, "kube-system",
        [
          "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
          "metadata": metadata(["kubernetes.io/service-name": "kube-dns"]), "addressType": "IPv4",
          "endpoints": [["addresses": [address], "conditions": ["ready": true]]], "ports": ports,
        ]
      ),
    ]
  }
}
