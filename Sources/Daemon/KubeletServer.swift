import CoreAPI
import CoreEngine
import CoreNode
import CoreObjects
import EdgeAgent
import EdgeHTTP
import EdgeLinux
import EdgeRuntime
import Synchronization

/// The kubelet's own API, on its node's address. Source of the paths: pkg/kubelet/server/server.go, v1.36.
final class KubeletServer: Sendable {
  static let port: UInt16 = 10250

  /// Those of all nodes.
  final class Group: Sendable {
    let host: EngineHost
    let agent: NodeAgent
    let credentials: CredentialReader
    let api: APIHandler
    private let authority: CertificateAuthority
    private let loops: [EventLoop]
    private let servers = Mutex<[String: HTTPServer]>([:])

    init(
      _ host: EngineHost, _ agent: NodeAgent, _ credentials: CredentialReader, _ api: APIHandler, authority: CertificateAuthority,
      loops: [EventLoop]
    ) {
      (self.host, self.agent, self.credentials, self.api) = (host, agent, credentials, api)
      (self.authority, self.loops) = (authority, loops)
    }

    /// Listens in the node's network.
    func start(_ node: AgentNode) throws {
      let identity = try authority.issueServer(
        commonName: "system:node:" + node.name, names: [node.name, agent.network.addresses.node(node.index)])
      let tls = try TLSContext(server: identity, clientAuthorities: authority.certificatePEM)
      let kubelet = KubeletServer(self, node: node)
      let server = HTTPServer(HTTPServerConfiguration(tls: tls) { await kubelet.answer($0) }, loops: loops)
      try server.listen(adopting: try agent.network.listen(onNode: node.index, port: port))
      servers.withLock { $0[node.name] = server }
    }

    func stop(_ node: String) async { await servers.withLock { $0.removeValue(forKey: node) }?.stop(grace: .zero) }

    func stop() async { for node in servers.withLock({ $0.keys.sorted() }) { await stop(node) } }
  }

  private let group: Group
  private let place: AgentNode
  private var host: EngineHost { group.host }
  private var agent: NodeAgent { group.agent }
  private var node: String { place.name }

  private init(_ group: Group, node: AgentNode) { (self.group, place) = (group, node) }

  private func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let access = KubeletAccess(method: request.method.rawValue, path: request.path)
    let credential = group.credentials.read(request)
    let now = host.clock.now
    if let refusal = host.read({ $0.refusal(of: credential, to: access, ofNode: node, at: now) }) {
      return .text(refusal.code, refusal.message)
    }
    let segments = request.path.split(separator: "/").map(String.init)
    switch (segments.first, segments.count) {
    case ("exec", 4...5), ("attach", 4...5), ("portForward", 3...4), ("containerLogs", 4):
      return await stream(segments, request)
    default: break
    }
    guard [.get, .head].contains(request.method) else { return .text(405, "405 method not allowed") }
    switch segments {
    case ["healthz"], ["healthz", "ping"], ["healthz", "log"], ["healthz", "syncloop"]: return .text(200, "ok")
    case ["pods"]: return .json(pods())
    case ["runningpods"]: return .json(runningPods())
    case ["configz"]: return .json(configuration().encoded())
    case ["stats", "summary"]:
      guard let reading = await agent.reading(node, measuresFiles: true) else { return unreadable }
      return .json(summary(reading).encoded())
    case ["metrics"]: return await metrics { $0.ownMetrics(version: VersionInfo().gitVersion) }
    case ["metrics", "resource"]: return await metrics { $0.resourceMetrics }
    case ["metrics", "cadvisor"]: return await metrics { $0.containerMetrics }
    default: return .text(404, "404 page not found")
    }
  }

  private var unreadable: HTTPResponse { .text(500, "the machine's figures cannot be read") }

  private func metrics(_ text: (NodeReading) -> String) async -> HTTPResponse {
    guard let reading = await agent.reading(node, measuresFiles: false) else { return unreadable }
    return HTTPResponse(
      status: 200, headers: ["content-type": "text/plain; version=0.0.4; charset=utf-8"],
      body: .bytes(Array(text(reading).utf8)))
  }

  private func summary(_ reading: NodeReading) -> JSON {
    let metrics = host.read { $0.metrics }
    return reading.summary { uid, container in
      let found: ContainerUsage?
      if uid.isEmpty {
        found = metrics.nodeMetrics(reading.name)?.usage
      } else {
        found = metrics.podMetrics(uid, containers: [container])?.containers.first
      }
      return found.flatMap { $0.cpuNanocores < 0 ? nil : $0.cpuNanocores }
    }
  }

  // MARK: Pods

  private func pods() -> [UInt8] {
    let pods = host.read { $0.store.list(.pods) }.filter { $0.tree[.spec][.nodeName].string == node }
    return KubeletServer.list(pods.map(\.tree))
  }

  private func runningPods() -> [UInt8] {
    let containers = Dictionary(grouping: agent.runningSpecs(on: node)) { $0.podUID }
    return KubeletServer.list(
      containers.keys.sorted().map { uid in
        let all = containers[uid] ?? []
        let entries = all.map { ["name": .string($0.name), "image": .string($0.imageID), "resources": [:]] as JSON }
        return [
          "metadata": [
            "name": .string(all[0].podName), "namespace": .string(all[0].namespace), "uid": .string(uid),
          ],
          "spec": ["containers": .array(entries)], "status": [:],
        ]
      })
  }

  private static func list(_ items: [JSON]) -> [UInt8] {
    (["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)] as JSON).encoded()
  }

  private func configuration() -> JSON {
    let facts = agent.facts(of: place)
    return [
      "kubeletconfig": [
        "kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", "address": .string(facts.address),
        "port": .int(Int64(KubeletServer.port)), "clusterDomain": "cluster.local",
        "clusterDNS": [.string(agent.network.addresses.dns)], "maxPods": .int(Int64(facts.maxPods)), "cgroupDriver": "cgroupfs",
        "authentication": ["anonymous": ["enabled": false], "webhook": ["enabled": true]],
        "authorization": ["mode": "Webhook"], "evictionHard": facts.evictionThresholds.tree,
        "podPidsLimit": .int(Int64(agent.configuration.podProcessLimit ?? -1)),
      ]
    ]
  }

  // MARK: Streams

  /// The API's own way to a container, for whoever may reach it by its node.
  private func stream(_ segments: [String], _ request: HTTPRequest) async -> HTTPResponse {
    let words = ["exec": "exec", "attach": "attach", "portForward": "portforward", "containerLogs": "log"]
    let (namespace, pod) = (segments[1], segments[2])
    var inner = request
    inner.path = "/api/v1/namespaces/\(namespace)/pods/\(pod)/\(words[segments[0]] ?? "")"
    var query = request.query.split(separator: "&").map { part in
      let name = part.prefix { $0 != "=" }
      let known = ["input": "stdin", "output": "stdout", "error": "stderr", "port": "ports"][String(name)]
      return (known ?? String(name)) + part.dropFirst(name.count)
    }
    if segments[0] != "portForward", let container = segments.last {
      query = query.filter { !$0.hasPrefix("container=") } + ["container=" + container]
    }
    inner.query = query.joined(separator: "&")
    let isHere = host.read { $0.store.get(.pods, namespace: namespace, pod)?.tree[.spec][.nodeName].string == node }
    guard isHere else { return .text(404, "pod \(namespace)/\(pod) does not run on \(node)") }
    return await group.api.handle(
      inner, as: .certificate(commonName: "system:node:" + node, organizations: ["system:nodes", "system:masters"]))
  }
}

extension HTTPResponse {
  fileprivate static func json(_ bytes: [UInt8]) -> HTTPResponse {
    HTTPResponse(status: 200, headers: ["content-type": "application/json"], body: .bytes(bytes))
  }
}
