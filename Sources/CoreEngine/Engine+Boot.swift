import CoreAPI
import CoreControllers
import CoreNode
package import CoreObjects

extension Engine {
  /// The address of the service `kubernetes`: where pods find the API server.
  package static let serviceAddress = "10.96.0.1"

  /// Once, before the first step: makes what every cluster has and looks at every object, as controllers do after a restart.
  /// - Parameter servesNames: the cluster has a DNS
  package mutating func boot(at now: Instant, apiPort: Int = 6443, servesNames: Bool = false) -> [Effect] {
    writer.bootstrap(at: now)
    for (resource, namespace, tree) in Engine.clusterObjects(apiPort: apiPort) + (servesNames ? Engine.nameObjects : []) {
      let name = tree[.metadata][.name].string ?? ""
      if store.get(resource, namespace: namespace, name) != nil { continue }
      _ = try? writer.write(.create(resource, namespace: namespace, Document(tree)), by: .bootstrap, at: now)
    }
    let bootstrap = writer.takeChanges()
    var effects: [Effect] = []
    if !bootstrap.isEmpty { effects.append(.append(bootstrap.map { .put($0.object) })) }
    return effects + start(at: now)
  }

  private static func clusterObjects(apiPort: Int) -> [(ResourceID, String, JSON)] {
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
          "spec": ["type": "ClusterIP", "clusterIP": .string(serviceAddress), "ports": ports],
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
            ["addresses": [["ip": .string(serviceAddress)]], "ports": [["name": "https", "port": 443, "protocol": "TCP"]]]
          ],
        ]
      ),
      (
        .endpointSlices, "default",
        [
          "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
          "metadata": ["name": "kubernetes", "namespace": "default", "labels": ["kubernetes.io/service-name": "kubernetes"]],
          "addressType": "IPv4", "endpoints": [["addresses": [.string(serviceAddress)], "conditions": ["ready": true]]],
          "ports": [["name": "https", "port": 443, "protocol": "TCP"]],
        ]
      ),
    ]
  }

  /// The DNS as clients look for it: the Service kube-dns, whose address the server itself has.
  private static var nameObjects: [(ResourceID, String, JSON)] {
    let address = JSON.string(ClusterZone.serverAddress)
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
