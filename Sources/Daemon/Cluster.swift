import CoreAPI
import CoreControllers
import CoreEngine
import CoreJSON
import CoreMetrics
import CoreNode
import CoreStore
import CoreTypes
package import EdgeAgent
package import EdgeHTTP
package import EdgeImages
package import EdgeJournal
package import EdgeLinux
import EdgeNetwork
import Synchronization

/// What `wavetank up` was asked for.
package struct ClusterConfiguration: Sendable {
  package var dataDirectory: String
  package var nodes = 1
  package var speed = 1.0
  package var port: UInt16 = 6443
  package var kubeconfig: String
  package var name = "wavetank"
  /// False: pods are scheduled and stay Pending. For machines without root or crun.
  package var runsContainers = true

  package init(dataDirectory: String, kubeconfig: String) {
    self.dataDirectory = dataDirectory
    self.kubeconfig = kubeconfig
  }

  /// wavetank-control-plane, wavetank-worker, wavetank-worker2 …
  package var nodeNames: [String] {
    (0..<nodes).map { $0 == 0 ? "wavetank-control-plane" : $0 == 1 ? "wavetank-worker" : "wavetank-worker\($0)" }
  }
}

package enum ClusterError: Error, CustomStringConvertible {
  case journal(JournalError)
  case certificates(CertificateError)
  case listen(ListenError)
  case images(ImageError)
  case nodes(AgentError)
  case network(String)
  case file(SystemError)
  /// An object of the journal that cannot be read; nothing is dropped in silence.
  case damaged(object: String, reason: String)

  package var description: String {
    switch self {
    case .journal(let error): "\(error)"
    case .certificates(let error): "\(error)"
    case .listen(let error): "\(error)"
    case .images(let error): "\(error)"
    case .nodes(let error): "\(error)"
    case .network(let reason): "the cluster's network cannot be set up: \(reason)"
    case .damaged(let object, let reason):
      "the journal's \(object) is damaged (\(reason)): restore objects.db from a copy, or start with another --data-dir"
    case .file(let error): "\(error.path): \(error.reason)"
    }
  }
}

/// A running cluster: journal, engine, API server, nodes. The composition root.
package final class Cluster: Sendable {
  package let host: EngineHost
  package let address: SocketAddress
  package let images: ImageStore?
  package let configuration: ClusterConfiguration
  private let server: HTTPServer
  private let handler: APIHandler
  private let adminToken: String
  private let journal: Journal
  let agent = AgentSlot()
  private let control = Mutex<ControlSocket?>(nil)
  private let clockKeeper: ClockKeeper
  private let backends: BackendRounds
  private let scraping = Mutex<Task<Void, Never>?>(nil)

  /// - Throws: `ClusterError`; nothing is left behind then.
  package init(_ configuration: ClusterConfiguration) async throws(ClusterError) {
    self.configuration = configuration
    let (journal, contents) = try Cluster.open(configuration)
    self.journal = journal
    images = try Cluster.images(configuration)
    let clock = ClockKeeper.clock(contents, speed: configuration.speed)
    clockKeeper = ClockKeeper(clock, journal)
    let secrets: ClusterSecrets
    let identity: Identity
    let engine: Engine
    let tokens: AccountTokens
    let frontProxy: Identity
    do throws(ClusterError) {
      (secrets, identity) = try Cluster.secrets(contents, journal)
      tokens = AccountTokens(signer: secrets.signer)
      frontProxy = try Cluster.frontProxy(secrets)
      engine = try Cluster.engine(configuration, contents, secrets, tokens)
    } catch {
      journal.close()
      images?.release()
      throw error
    }
    let hostSlot = HostSlot()
    host = EngineHost(engine: engine, clock: clock, journal: journal) { [agent] in agent.perform($0) }
    hostSlot.set(host)
    let streams: any StreamServer =
      configuration.runsContainers
      ? ContainerStreams(agent: agent, host: hostSlot) : NoStreams(reason: "this cluster was started without containers")
    adminToken = secrets.adminToken
    let clients = Backends(agent: agent, identity: frontProxy)
    backends = BackendRounds(host: host, backends: clients)
    let handler = APIHandler(
      host: host, tokens: tokens, adminToken: secrets.adminToken, streams: streams, proxy: BackendProxy(backends: clients))
    self.handler = handler
    do throws(CertificateError) {
      let tls = try TLSContext(server: identity, clientAuthorities: secrets.authority.certificatePEM)
      var http = HTTPServerConfiguration(tls: tls) { await handler.handle($0) }
      http.refusal = Cluster.refusal
      server = HTTPServer(http, loops: EventLoop.group(2))
    } catch { throw .certificates(error) }
    do throws(ListenError) {
      address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: configuration.port))
    } catch {
      journal.close()
      throw .listen(error)
    }
    do throws(ClusterError) {
      clockKeeper.start()
      host.boot(apiPort: Int(address.port))
      try await startNodes(clock)
      backends.start()
      try Kubeconfig.write(configuration.kubeconfig, name: configuration.name, address: address, secrets: secrets)
    } catch {
      await stop()
      throw error
    }
  }

  /// Of a node without an agent.
  private func facts(_ index: Int) -> NodeFacts {
    NodeFacts(machineAs: index, of: configuration.nodes, directory: "/", crunVersion: "1")
  }

  /// Starts the agent, listens where pods look for the API server, and reads usage every 15 s of cluster time.
  private func startNodes(_ clock: ClusterClock) async throws(ClusterError) {
    let host = self.host
    let socket = try ControlSocket(directory: configuration.dataDirectory) { [weak self] request in
      self?.answer(control: request) ?? ["error": "the cluster stops"]
    }
    control.withLock { $0 = socket }
    guard let images else {
      for (index, name) in configuration.nodeNames.enumerated() {
        host.observe(NodeObservation(node: name, event: .nodeReady(facts(index))))
      }
      return
    }
    let settings = AgentConfiguration(
      clusterID: Cluster.identifier(configuration.dataDirectory), nodes: configuration.nodeNames,
      dataDirectory: configuration.dataDirectory,
      speed: configuration.speed, now: { clock.now })
    let agent: NodeAgent
    do throws(AgentError) { agent = try await NodeAgent(settings, images: images) { host.observe($0) } } catch {
      throw .nodes(error)
    }
    self.agent.set(agent)
    do {
      let descriptor = try agent.network.listen(Engine.serviceAddress, port: 443)
      try server.listen(adopting: descriptor)
    } catch { throw .network("\(error)") }
    agent.announce()
    let isScraping = Turnstile()
    scraping.withLock {
      $0 = Task.detached {
        while !Task.isCancelled {
          host.usage(agent.usage())
          Cluster.scrape(agent, host, isScraping)
          try? await Task.sleep(for: .nanoseconds(Int64(15e9 / clock.speed)))
        }
      }
    }
  }

  /// Asks the pods that want it for their metrics, unless the last round is still going.
  private static func scrape(_ agent: NodeAgent, _ host: EngineHost, _ isScraping: Turnstile) {
    let pods = host.read { $0.store.list(.pods) }
    let targets = pods.compactMap { ScrapeTarget($0.view(Pod.self)) }
    let isKnown = host.read { !$0.metrics.custom.names(namespace: nil).isEmpty }
    guard !targets.isEmpty || isKnown, isScraping.take() else { return }
    Task.detached {
      host.customMetrics(await agent.scrape(targets))
      isScraping.give()
    }
  }

  /// Answers a request of the administrator as if it had come over the network.
  package func answer(
    _ method: HTTPMethod, _ path: String, query: String = "", contentType: String = "application/json", body: [UInt8] = []
  ) async -> HTTPResponse {
    let headers: HTTPHeaders = [
      "authorization": "Bearer " + adminToken, "content-type": contentType, "accept": "application/json",
    ]
    return await handler.handle(HTTPRequest(method: method, path: path, query: query, headers: headers, body: body))
  }

  /// Fetches an image from its registry onto every node.
  /// - Returns: why that was not possible.
  package func pull(_ image: String) async -> String? {
    guard let images else { return "this cluster was started without containers" }
    do throws(ImageError) {
      for node in configuration.nodeNames { _ = try await images.prepare(node: node, image: image, pull: .ifNotPresent) }
    } catch { return "\(error)" }
    return nil
  }

  package func stop() async {
    control.withLock { $0?.close() }
    scraping.withLock { $0?.cancel() }
    clockKeeper.stop()
    await backends.stop()
    host.stop()
    await server.stop(grace: .milliseconds(200))
    if let running = agent.agent {
      agent.set(nil)
      await running.shutdown()
    }
    images?.release()
    journal.close()
  }

  /// A name for the control groups that belongs to the data directory: the same after a restart.
  private static func identifier(_ directory: String) -> String {
    var hash: UInt32 = 2_166_136_261
    for byte in directory.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return String(hash, radix: 16)
  }

  private static func open(_ configuration: ClusterConfiguration) throws(ClusterError) -> (Journal, JournalContents) {
    do throws(JournalError) {
      let journal = try Journal(directory: configuration.dataDirectory)
      return (journal, try journal.load())
    } catch { throw .journal(error) }
  }

  private static func images(_ configuration: ClusterConfiguration) throws(ClusterError) -> ImageStore? {
    guard configuration.runsContainers else { return nil }
    do throws(ImageError) {
      return try ImageStore(directory: configuration.dataDirectory + "/images", registry: RegistryPull.registry())
    } catch {
      throw .images(error)
    }
  }

  private static func secrets(_ contents: JournalContents, _ journal: Journal) throws(ClusterError) -> (ClusterSecrets, Identity)
  {
    do throws(CertificateError) {
      let loaded = try ClusterSecrets.load(contents.metadata)
      if !loaded.records.isEmpty { journal.submit(loaded.records) { _ in } }
      let identity = try loaded.secrets.authority.issueServer(
        commonName: "kube-apiserver",
        names: [
          "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
          "127.0.0.1",
          Engine.serviceAddress,
        ])
      return (loaded.secrets, identity)
    } catch { throw .certificates(error) }
  }

  /// What servers behind APIServices are shown: those that know its CA believe us who asks.
  private static func frontProxy(_ secrets: ClusterSecrets) throws(ClusterError) -> Identity {
    do throws(CertificateError) { return try secrets.frontProxy.issueClient(commonName: APIConfiguration.frontProxyName) } catch {
      throw .certificates(error)
    }
  }

  private static func engine(
    _ configuration: ClusterConfiguration, _ contents: JournalContents, _ secrets: ClusterSecrets, _ tokens: AccountTokens
  ) throws(ClusterError) -> Engine {
    var api = APIConfiguration(sign: tokens.sign, verify: tokens.verify)
    api.clusterName = configuration.name
    api.serverAddress = "127.0.0.1:\(configuration.port)"
    api.certificateAuthorityPEM = String(decoding: secrets.authority.certificatePEM, as: UTF8.self)
    api.frontProxyAuthorityPEM = String(decoding: secrets.frontProxy.certificatePEM, as: UTF8.self)
    api.timeZones = ZoneFiles.database
    let seed = secureRandomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var store = Store()
    for (key, revision, bytes) in contents.objects {
      let tree: JSON
      do throws(JSONError) { tree = try JSONParser.parse(bytes) } catch {
        throw .damaged(object: "\(key.resource) \(key.namespace)/\(key.name)", reason: "\(error)")
      }
      store.restore(
        StoredObject(
          key: ObjectKey(ResourceID(key.group, key.resource), namespace: key.namespace, key.name),
          uid: tree[.metadata][.uid].string ?? "",
          revision: revision, tree: tree, encoded: bytes))
    }
    store.restore(revision: contents.lastRevision)
    return Engine(
      api, random: RandomSource(seed: seed), store: store,
      controllers: Controllers.all(certificateAuthority: api.certificateAuthorityPEM, zone: { ZoneFiles.database.rules($0) }))
  }

  /// What HTTP itself refuses, in the API's form.
  private static func refusal(_ refusal: HTTPRefusal) -> HTTPResponse {
    let reason =
      refusal.status == 413 ? "RequestEntityTooLarge" : refusal.status == 431 ? "RequestHeaderFieldsTooLarge" : "BadRequest"
    let status: JSON = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(refusal.message),
      "reason": .string(reason), "code": .int(Int64(refusal.status)),
    ]
    return HTTPResponse(status: refusal.status, headers: ["content-type": "application/json"], body: .bytes(status.encoded()))
  }
}
