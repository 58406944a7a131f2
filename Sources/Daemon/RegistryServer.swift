import CoreEngine
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeLinux

/// The cluster's own registry on a port of this machine, in plain HTTP, as docker has it of registries at localhost. What it writes
/// holds up no loop of the API.
final class RegistryServer: Sendable {
  let port: UInt16
  private let server: HTTPServer

  init(_ images: ImageStore, _ socket: ListeningSocket) {
    server = HTTPServer(images.ownRegistry.server { images.collectGarbage() }, loops: EventLoop.group(1))
    port = server.add(socket).port
    images.ownRegistry.serve(at: port)
  }

  func stop() async { await server.stop(grace: .milliseconds(200)) }
}

extension Cluster {
  private static let owner = Key("app.kubernetes.io/managed-by")

  /// Where images are pushed to, in a line.
  package var registryLine: String? { registry.value.map { "Push images to localhost:\($0.port); pods name them so." } }

  /// Tells tools that look for it where images are pushed to. What somebody else has written there stays, unless this cluster has a
  /// registry. Source: KEP-1755, Communicating a local registry.
  func announceRegistry() async {
    let path = "/api/v1/namespaces/kube-public/configmaps"
    let name = "local-registry-hosting"
    guard let port = registry.value?.port else {
      let label = host.read { $0.store.get(.configMaps, namespace: "kube-public", name)?.tree[.metadata][.labels][Cluster.owner] }
      if label?.string == "wavetank" { _ = await answer(.delete, path + "/" + name) }
      return
    }
    let text = "host: \"localhost:\(port)\"\nhostFromContainerRuntime: \"localhost:\(port)\"\n"
    let body: JSON = [
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": ["name": .string(name), "labels": .object([Member(key: Cluster.owner, value: "wavetank")])],
      "data": ["localRegistryHosting.v1": .string(text)],
    ]
    if await answer(.put, path + "/" + name, body: body.encoded()).status == 404 {
      _ = await answer(.post, path, body: body.encoded())
    }
  }
}
