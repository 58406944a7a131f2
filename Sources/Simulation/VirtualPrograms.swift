import CoreAPI
import CoreEngine
import CoreJSON
import CoreNode
import CoreStore
import CoreTypes

/// The next step of a program that runs in a simulated container.
enum VirtualPrograms {
  static func proceed(_ id: String, in cluster: inout VirtualCluster) -> [(VirtualEvent, Instant)] {
    guard let container = cluster.nodes.containers[id] else { return [] }
    let now = cluster.now
    switch container.program {
    case .idle: return []
    case .mapsFile(let seconds):
      let size = cluster.nodes.volume(of: container).flatMap { cluster.nodes.files[$0] } ?? 0
      cluster.nodes.containers.setMemory(of: id, bytes: VirtualProgram.base + size)
      return [(.program(containerID: id), now + .seconds(seconds))]
    case .exits(let seconds, let code):
      if container.stage == 0 {
        cluster.nodes.containers.proceed(id, to: 1)
        return [(.program(containerID: id), now + .seconds(seconds))]
      }
      return [ended(container, id, code, now)]
    case .spreadsLoad(let name, let add):
      if container.stage == 0 {
        cluster.nodes.containers.proceed(id, to: 1)
        return [(.program(containerID: id), now + .milliseconds(800))]
      }
      let code = SpreadLoad.run(name, add: add, as: container, in: &cluster) ? 0 : 1
      return [ended(container, id, code, now + .milliseconds(200))]
    }
  }

  private static func ended(_ container: VirtualContainers.Running, _ id: String, _ code: Int, _ at: Instant) -> (
    VirtualEvent, Instant
  ) {
    let exit = ContainerExit(code: code, at: at, startedAt: container.startedAt)
    let event = NodeEvent.containerExited(podUID: container.podUID, containerID: id, exit)
    return (.observation(NodeObservation(node: container.node, event: event)), at)
  }
}

/// What Practice/job.sh does, through the same API and the same rights: reads the ConfigMap, spreads the size over the pods,
/// writes the new size back.
enum SpreadLoad {
  static func run(_ name: String, add: Int, as container: VirtualContainers.Running, in cluster: inout VirtualCluster) -> Bool {
    let namespace = container.namespace
    let base = "/api/v1/namespaces/\(namespace)"
    let account = Credential.serviceAccount(claims: claims(container, cluster))
    guard let map = body(cluster.request("GET", base + "/configmaps/" + name, credential: account)),
      let most = map[.data][Key("max")].string.flatMap({ Int($0) }),
      let before = map[.data][Key("size")].string.flatMap({ Int($0) })
    else { return false }
    let size = min(before + add, most)
    // Names are all that the script reads.
    let pods = cluster.request(
      "GET", base + "/pods", query: "labelSelector=app%3D" + name,
      accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", credential: account)
    guard let list = body(pods) else { return false }
    let names = list[.items].elements.map { $0[.metadata][.name].string ?? "" }
    if names.isEmpty { return false }
    let command = "command=/bin/sh&command=-c&command=dd%20count=\(size / names.count)&stdout=true&stderr=true"
    for pod in names {
      guard case .stream(let stream) = cluster.request("POST", "\(base)/pods/\(pod)/exec", query: command, credential: account)
      else {
        return false
      }
      let target = cluster.nodes.containers[stream.containerID]
      if let volume = target.flatMap({ cluster.nodes.volume(of: $0) }) {
        cluster.nodes.files[volume] = Int64(size / names.count) << 20
      }
    }
    let patch: JSON = ["data": ["size": .string(String(size))]]
    let answer = cluster.request(
      "PATCH", base + "/configmaps/" + name, contentType: "application/strategic-merge-patch+json", body: patch.encoded(),
      credential: account)
    return body(answer) != nil
  }

  /// The tree of a successful answer.
  static func body(_ response: APIResponse) -> JSON? {
    guard case .body(let status, _, let chunks, _) = response, status < 300 else { return nil }
    return try? JSONParser.parse(chunks.count == 1 ? chunks[0] : Array(chunks.joined()))
  }

  private static func claims(_ container: VirtualContainers.Running, _ cluster: VirtualCluster) -> JSON {
    let namespace = container.namespace
    let account = cluster.engine.store.get(.serviceAccounts, namespace: namespace, "default")
    let issuer = cluster.engine.server.configuration.issuer
    return [
      "iss": .string(issuer), "aud": [.string(issuer)], "exp": .int(cluster.now.seconds + 3600), "nbf": .int(cluster.now.seconds),
      "iat": .int(cluster.now.seconds), "sub": .string("system:serviceaccount:\(namespace):default"),
      "kubernetes.io": [
        "namespace": .string(namespace), "serviceaccount": ["name": "default", "uid": .string(account?.uid ?? "")],
      ],
    ]
  }
}
