import CoreAPI
import CoreControllers
package import CoreObjects

extension Engine {
  /// The address of the service `kubernetes`: where pods find the API server.
  package static let serviceAddress = "10.96.0.1"

  /// Once, before the first step: makes what every cluster has and looks at every object, as controllers do after a restart.
  package mutating func boot(at now: Instant, apiPort: Int = 6443) -> [Effect] {
    writer.bootstrap(at: now)
    for (resource, namespace, tree) in Engine.clusterObjects(apiPort: apiPort) {
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
}
