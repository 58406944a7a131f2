import CoreAPI
import CoreEngine
package import CoreObjects
import Simulation

extension SimulatedAccess {
  /// A cluster as `kind` makes it, with what the practice's images do, a few seconds after its start.
  package static func practice(seed: UInt64, timeZones: TimeZoneDatabase = .utcOnly) -> SimulatedAccess {
    var cluster = VirtualCluster(
      seed: seed, nodes: ["wavetank-control-plane", "wavetank-worker", "wavetank-worker2"],
      start: Instant(rfc3339: "2026-01-01T00:00:00Z")!, timeZones: timeZones)
    cluster.load([
      "app:test": .script(MapsFile(everySeconds: 30)), "alpine/k8s:1.25.8": .script(SpreadsLoad(name: "app", add: 10)),
    ])
    cluster.run(until: cluster.now + .seconds(5))
    return SimulatedAccess(cluster)
  }
}

/// What Practice/App does: maps the volume's file anew every `everySeconds`, keeps it in memory and says how large it is.
final class MapsFile: VirtualScript {
  let cpuMillicores: Int64 = 5
  /// What the kernel counts besides while a file is mapped, as measured with real containers: page tables and what was read of the program.
  private static let mappingBytes: Int64 = 1300 << 10
  private let everySeconds: Int

  init(everySeconds: Int) { self.everySeconds = everySeconds }

  func proceed(_ process: inout VirtualProcess, in cluster: inout VirtualCluster) -> VirtualStep {
    let size = cluster.nodes.volume(ofPod: process.podUID).flatMap { cluster.nodes.files[$0] }
    process.memoryBytes = VirtualProgram.base + (size.map { $0 + MapsFile.mappingBytes } ?? 0)
    process.line = size.map { "size: " + String($0) } ?? "cannot read /tmp/data: No such file or directory"
    return .again(after: .seconds(everySeconds))
  }
}

/// What Practice/job.sh does, through the same API and the same rights: reads the ConfigMap, spreads the size over the pods of the
/// label app=NAME, writes the new size back.
final class SpreadsLoad: VirtualScript {
  let cpuMillicores: Int64 = 1
  private let name: String
  /// MiB that each run adds.
  private let add: Int

  init(name: String, add: Int) {
    self.name = name
    self.add = add
  }

  func proceed(_ process: inout VirtualProcess, in cluster: inout VirtualCluster) -> VirtualStep {
    if process.stage == 0 { return .again(after: .milliseconds(800)) }
    return .exit(code: run(process.namespace, &cluster) ? 0 : 1, after: .milliseconds(200))
  }

  private func run(_ namespace: String, _ cluster: inout VirtualCluster) -> Bool {
    let base = "/api/v1/namespaces/\(namespace)"
    guard let token = AccountToken(claims(namespace, cluster)) else { return false }
    let account = Credential.serviceAccount(token)
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
      else { return false }
      if let volume = cluster.nodes.volume(ofPod: stream.podUID) {
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
  private func body(_ response: APIResponse) -> JSON? {
    guard case .body(let status, _, let chunks, _) = response, status < 300 else { return nil }
    return try? JSONParser.parse(chunks.count == 1 ? chunks[0] : Array(chunks.joined()))
  }

  private func claims(_ namespace: String, _ cluster: VirtualCluster) -> JSON {
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
