import CoreEngine
import CoreNode
import CoreObjects
import EdgeAgent
import EdgeDNS
import EdgeHTTP
package import EdgeImages
import EdgeJournal
package import EdgeLinux
import EdgeRuntime
import Synchronization

/// A running cluster: journal, engine, API server, nodes. The composition root.
package final class Cluster: Sendable {
  package let host: EngineHost
  package let address: SocketAddress
  package let images: ImageStore?
  package let configuration: ClusterConfiguration
  private let server: HTTPServer
  let handler: APIHandler
  let adminToken: String
  private let journal: Journal
  let agent = Slot<NodeAgent>()
  private let names = Slot<DNSServer>()
  let kubelets = Slot<KubeletServer.Group>()
  let healthPorts = HealthPorts()
  let publisher = Slot<PortPublisher>()
  let registry = Slot<RegistryServer>()
  let faults = Slot<NetworkFaults>()
  let imageTurn = Mutex(())
  private let control = Mutex<ControlSocket?>(nil)
  private let clockKeeper: ClockKeeper
  private let backends: BackendRounds
  let traffic: ClusterTraffic
  private let link = Slot<HostLink>()
  private let watching = Mutex<Task<Void, Never>?>(nil)
  private let rounds = Mutex<[Task<Void, Never>]>([])
  /// Where it began.
  let place: ClusterPlace

  /// Where ports of the host lead into its network, in lines.
  package var published: [String] { publisher.value?.lines ?? [] }

  /// How it runs, and what of it there is on the machine, in lines.
  var status: [String] {
    let count = nodes.count
    let stopped = agent.value?.stopped ?? []
    let nodes =
      "It has \(count) \(count == 1 ? "node" : "nodes")\(stopped.isEmpty ? "" : " (stopped: \(stopped.joined(separator: ", ")))"), "
      + "and time runs at \(configuration.speed)x."
    if !configuration.runsContainers { return [nodes, "It runs no containers (--without-containers)."] }
    return [nodes] + pressure + (agent.value?.shimLine.map { [$0] } ?? [])
      + (link.value?.traces ?? ["It has nothing on this machine's network, and pods no way out of the cluster's."])
  }

  /// - Throws: `ClusterError`; nothing is left behind then.
  package init(_ configuration: ClusterConfiguration) async throws(ClusterError) {
    let parts = try await ClusterParts(configuration)
    self.configuration = configuration
    place = parts.place
    if let remark = place.remark { Standard.error(remark) }
    (journal, images, address, adminToken) = (parts.journal, parts.images, parts.listener.address, parts.secrets.adminToken)
    clockKeeper = ClockKeeper(parts.clock, journal)
    traffic = ClusterTraffic()
    host = EngineHost(
      engine: parts.engine, clock: parts.clock, journal: journal, perform: { [agent] in agent.value?.perform($0) },
      direct: { [traffic, healthPorts] in
        traffic.receive($0)
        if case .route(let routes) = $0 { healthPorts.receive(routes) }
      }, sign: parts.secrets.sign)
    let hostSlot = Slot<EngineHost>()
    hostSlot.set(host)
    let streams: any StreamServer =
      configuration.runsContainers
      ? ContainerStreams(agent: agent, host: hostSlot) : NoStreams(reason: "this cluster was started without containers")
    let clients = Backends(agent: agent, addresses: place.addresses, identity: parts.frontProxy, kubelets: parts.kubelets)
    backends = BackendRounds(host: host, backends: clients)
    let credentials = CredentialReader(tokens: parts.tokens, adminToken: adminToken)
    let handler = APIHandler(
      host: host, credentials: credentials, streams: streams, proxy: BackendProxy(backends: clients))
    self.handler = handler
    var http = HTTPServerConfiguration(tls: parts.tls) { await handler.handle($0) }
    http.refusal = Cluster.refusal
    http.streams = BackendProxy.takes
    let loops = EventLoop.group(2)
    server = HTTPServer(http, loops: loops)
    // From here on there is something to be stopped; what was opened before closes itself.
    do throws(ClusterError) {
      server.add(parts.listener)
      clockKeeper.start()
      host.boot(apiPort: Int(address.port), servesNames: configuration.runsContainers, nodes: place.nodes.map(\.name))
      do throws(SystemError) { try place.write(configuration.dataDirectory) } catch { throw .file(error) }
      try await startNodes(parts.clock)
      if let network = agent.value?.network {
        let publisher = PortPublisher(host: host, network: network, loops: loops)
        for (port, socket) in parts.published { publisher.open(port, socket) }
        self.publisher.set(publisher)
      }
      if let agent = agent.value {
        let kubelets = KubeletServer.Group(
          host, agent, credentials, handler, authority: parts.secrets.authority, loops: loops)
        self.kubelets.set(kubelets)
        healthPorts.open(host, agent, loops: loops)
        do { for node in place.nodes { try kubelets.start(node) } } catch { throw ClusterError.network("\(error)") }
      }
      if let images, let socket = parts.registry { registry.set(RegistryServer(images, socket)) }
      await announceRegistry()
      let signs = Task.detached { [weak self] () -> Void in await self?.beat() }
      rounds.withLock { $0.append(signs) }
      backends.start()
      try Kubeconfig.write(configuration.kubeconfig, name: configuration.name, address: address, secrets: parts.secrets)
    } catch {
      await stop()
      throw error
    }
  }

  /// Of a node without an agent.
  private func facts(_ node: AgentNode) -> NodeFacts {
    NodeFacts(machineAs: node, at: place.addresses, isAlone: place.nodes.count == 1, directory: "/", crunVersion: "1")
  }

  /// Starts the agent, listens where pods look for the API server, and reads usage every 15 s of cluster time.
  private func startNodes(_ clock: ClusterClock) async throws(ClusterError) {
    let host = self.host
    let socket = try ControlSocket(directory: configuration.dataDirectory) { [weak self] request in
      await self?.answer(control: request) ?? ["error": "the cluster stops"]
    }
    control.withLock { $0 = socket }
    guard let images else {
      // Nobody would look after what a killed run has left, and 'down' would not find it.
      if Machine.isRoot { try await Cluster.removeLeftoversHere(configuration.dataDirectory) }
      for node in place.nodes { host.observe(NodeObservation(node: node.name, event: .nodeReady(facts(node)))) }
      return
    }
    var settings = AgentConfiguration(
      clusterID: Cluster.identifier(configuration.dataDirectory), nodes: place.nodes,
      dataDirectory: configuration.dataDirectory,
      speed: configuration.speed, now: { clock.now })
    settings.addresses = place.addresses
    settings.shimProgram = configuration.shimProgram
    settings.evictionThresholds = configuration.evictionThresholds
    settings.podProcessLimit = configuration.podProcessLimit
    settings.isNetworkReady = { [traffic, faults] in
      await traffic.settle()
      await faults.value?.settle()
    }
    let agent: NodeAgent
    do throws(AgentError) { agent = try await NodeAgent(settings, images: images) { host.observe($0) } } catch {
      throw .nodes(error)
    }
    self.agent.set(agent)
    if agent.keptPods > 0 {
      Standard.error(
        "\(agent.keptPods) pod(s) of the cluster that was killed have gone on; what ended meanwhile is looked after")
    }
    if let reason = agent.copyingReason {
      Standard.error(
        "overlayfs does not work in \(configuration.dataDirectory), so images are copied for each container: \(reason)")
    }
    do {
      let descriptor = try agent.network.listen(place.addresses.apiServer, port: 443)
      try server.listen(adopting: descriptor)
    } catch { throw .network("\(error)") }
    await traffic.open(agent.network)
    faults.set(NetworkFaults(host, agent.network, traffic.faults))
    names.set(ClusterNames.start(host, agent.network))
    if configuration.linksMachine { await linkMachine(agent.network) }
    agent.announce()
    let isScraping = Turnstile()
    let looks = Task.detached {
      var turn = clock.now
      while !Task.isCancelled {
        host.usage(agent.usage())
        agent.checkStorage()
        Cluster.scrape(agent, host, isScraping)
        turn = clock.next(after: turn, everySeconds: 15)
        try? await Task.sleep(for: clock.wait(until: turn))
      }
    }
    let pressure = Task.detached { await Cluster.watchPressure(agent, host) }
    rounds.withLock { $0 += [looks, pressure] }
  }

  /// Takes away what the cluster of a directory has left on the machine, if it was killed. Its data stays.
  /// - Returns: false where another one uses the directory by now
  package static func removeLeftovers(_ directory: String) async throws(ClusterError) -> Bool {
    let lock: DirectoryLock
    do throws(DirectoryLock.Failure) { lock = try DirectoryLock(directory) } catch { return false }
    try await removeLeftovers(directory, holding: lock)
    return true
  }

  private static func removeLeftovers(_ directory: String, holding lock: borrowing DirectoryLock) async throws(ClusterError) {
    try await removeLeftoversHere(directory)
  }

  /// The same, for who has the directory's lock.
  private static func removeLeftoversHere(_ directory: String) async throws(ClusterError) {
    let id = identifier(directory)
    let settings = AgentConfiguration(
      clusterID: id, nodes: [], dataDirectory: directory, now: { CoreObjects.Instant(seconds: 0) })
    do { try await NodeAgent.removeLeftovers(settings) } catch { throw .nodes(.setup("\(error)")) }
    await HostLink.remove(id: id)
  }

  private func linkMachine(_ network: ClusterNetwork) async {
    do {
      let made = try await HostLink(
        network, id: Cluster.identifier(configuration.dataDirectory), rules: traffic.machine)
      link.set(made)
      let watch = try made.watch {
        Standard.error("somebody flushed this machine's nftables rules; those of the cluster are there again")
      }
      watching.withLock { $0 = watch }
      for taken in made.unreached {
        Standard.error(
          "this machine does not reach \(taken.range) of the cluster, for it has a route of its own there: \(taken.route). The cluster's "
            + "objects hold these addresses: take that route away, or begin anew with another --data-dir, which takes addresses that are free"
        )
      }
      for chain in made.droppingChains {
        Standard.error(
          "this machine's firewall drops what it forwards (\(chain)), so pods have no way out until: "
            + "nft insert rule \(chain) iifname \(made.interface) accept; "
            + "nft insert rule \(chain) oifname \(made.interface) ct state established,related accept")
      }
    } catch { Standard.error("pods have no way out of the cluster's network: \(error)") }
  }

  /// Asks the pods that want it for their metrics, unless the last round is still going.
  private static func scrape(_ agent: NodeAgent, _ host: EngineHost, _ isScraping: Turnstile) {
    let pods = host.read { $0.store.list(.pods) }
    let targets = pods.compactMap { ScrapeTarget($0.view(Pod.self)) }
    let isKnown = host.read { !$0.metrics.custom.names(namespace: nil).isEmpty }
    guard !targets.isEmpty || isKnown, isScraping.tryEnter() else { return }
    Task.detached {
      host.customMetrics(await agent.scrape(targets))
      isScraping.leave()
    }
  }

  package func stop() async {
    control.withLock { $0?.close() }
    for round in rounds.withLock({ $0 }) { round.cancel() }
    clockKeeper.stop()
    await backends.stop()
    await publisher.value?.stop()
    await registry.value?.stop()
    await names.value?.stop()
    host.stop()
    await server.stop(grace: .milliseconds(200))
    await kubelets.value?.stop()
    await healthPorts.stop()
    let watch = watching.withLock { $0 }
    watch?.cancel()
    await watch?.value
    await link.value?.close()
    if let running = agent.value {
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

  /// What HTTP itself refuses, in the API's form.
  private static func refusal(_ refusal: HTTPRefusal) -> HTTPResponse {
    let reason =
      refusal.status == 413 ? "RequestEntityTooLarge" : refusal.status == 431 ? "RequestHeaderFieldsTooLarge" : "BadRequest"
    return .refusal(refusal.status, reason, refusal.message)
  }
}
