import CoreAPI
import CoreControllers
import CoreEngine
import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeJournal
import EdgeLinux
import EdgeRuntime

/// What a cluster is made of, before anything of it runs. Whatever is opened closes itself with its last owner: after a failure
/// nothing is left behind.
struct ClusterParts {
  let journal: Journal
  let place: ClusterPlace
  /// nil for a cluster without containers.
  let images: ImageStore?
  let clock: ClusterClock
  let secrets: ClusterSecrets
  let tokens: AccountTokens
  let engine: Engine
  let tls: TLSContext
  /// What servers behind APIServices are shown: those that know its CA believe us who asks.
  let frontProxy: Identity
  /// As which the API server asks kubelets.
  let kubelets: TLSContext
  let listener: ListeningSocket
  /// Bound, so that a port that is taken is told before anything runs.
  let published: [(port: PublishedPort, socket: ListeningSocket)]
  /// Of the cluster's own registry, likewise.
  let registry: ListeningSocket?

  private static let serverNames = [
    "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
    "127.0.0.1",
  ]

  init(_ configuration: ClusterConfiguration) async throws(ClusterError) {
    let directory = configuration.dataDirectory
    journal = try ClusterError.wrapping(ClusterError.journal, try Journal(directory: directory))
    let contents = try ClusterError.wrapping(ClusterError.journal, try journal.load())
    place = try await ClusterPlace(configuration, isNew: contents.objects.isEmpty)
    images =
      configuration.runsContainers
      ? try ClusterError.wrapping(
        ClusterError.images,
        try ImageStore(
          directory: directory + "/images",
          registry: RegistryClient(configuration.registries, dockerConfiguration: configuration.dockerConfiguration))) : nil
    clock = ClockKeeper.clock(contents, speed: configuration.speed)
    do throws(CertificateError) {
      let loaded = try ClusterSecrets.load(contents.metadata)
      if !loaded.records.isEmpty { journal.submit(loaded.records) { _ in } }
      secrets = loaded.secrets
      let identity = try secrets.authority.issueServer(
        commonName: "kube-apiserver", names: ClusterParts.serverNames + [place.addresses.apiServer])
      tls = try TLSContext(server: identity, clientAuthorities: secrets.authority.certificatePEM)
      frontProxy = try secrets.frontProxy.issueClient(commonName: APIConfiguration.frontProxyName)
      kubelets = try TLSContext(
        clientTrusting: secrets.authority.certificatePEM,
        identity: try secrets.authority.issueClient(
          commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"]))
    } catch { throw .certificates(error) }
    tokens = AccountTokens(signer: secrets.signer)
    let store = try ClusterParts.store(contents, journal)
    listener = try ClusterError.wrapping(
      ClusterError.listen, try ListeningSocket(SocketAddress(host: "127.0.0.1", port: configuration.port)))
    do throws(ListenError) {
      var bound: [(port: PublishedPort, socket: ListeningSocket)] = []
      for port in configuration.published { bound.append(try PortPublisher.bind(port)) }
      published = bound
      registry = try configuration.registryPort.map { (port) throws(ListenError) in
        try ListeningSocket(SocketAddress(host: "127.0.0.1", port: port))
      }
    } catch { throw .listen(error) }
    engine = ClusterParts.engine(configuration, place, store, secrets, tokens, at: listener.address)
  }

  /// What the journal keeps. Objects of an earlier version are brought up to date once, and one line tells it.
  private static func store(_ contents: JournalContents, _ journal: Journal) throws(ClusterError) -> Store {
    let name = "stored.form"
    let form = contents.metadata[name].flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 1
    let renewal = form < StoredForm.current ? StoredForm() : nil
    var renewed: [JournalEntry] = []
    var store = Store()
    for (key, revision, bytes) in contents.objects {
      let tree: JSON
      do throws(JSONError) { tree = try JSONParser.parse(bytes) } catch {
        throw .damaged(object: "\(key.resource.name) \(key.namespace)/\(key.name)", reason: "\(error)")
      }
      var object = StoredObject(
        key: key, uid: tree[.metadata][.uid].string ?? "", revision: revision, tree: tree, encoded: bytes)
      if let now = renewal?.renewed(object) {
        object = now
        renewed.append(.put(key, revision: revision, bytes: now.encoded))
      }
      store.restore(object)
    }
    store.restore(revision: contents.lastRevision)
    if renewal != nil {
      journal.submit(renewed + [.set(name: name, value: Array(String(StoredForm.current).utf8))]) { _ in }
    }
    if !renewed.isEmpty {
      Standard.error("brought up to date: \(renewed.count) of \(contents.objects.count) objects, which an earlier version stored")
    }
    return store
  }

  private static func engine(
    _ configuration: ClusterConfiguration, _ place: ClusterPlace, _ store: Store, _ secrets: ClusterSecrets,
    _ tokens: AccountTokens,
    at address: SocketAddress
  ) -> Engine {
    var api = APIConfiguration(sign: tokens.sign, verify: tokens.verify)
    api.publicKeys = [tokens.publicKey]
    api.addresses = place.addresses
    api.clusterName = configuration.name
    api.serverAddress = "127.0.0.1:\(address.port)"
    api.certificateAuthorityPEM = String(decoding: secrets.authority.certificatePEM, as: UTF8.self)
    api.frontProxyAuthorityPEM = String(decoding: secrets.frontProxy.certificatePEM, as: UTF8.self)
    api.readCertificateRequest = CertificateRequestFacts.read
    let timeZones = TimeZoneDatabase(read: ZoneFiles.read)
    api.timeZones = timeZones
    api.featureGates = configuration.featureGates
    let seed = secureRandomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Engine(
      api, random: RandomSource(seed: seed), store: store,
      controllers: Controllers.all(
        certificateAuthority: api.certificateAuthorityPEM, zone: { timeZones.rules($0) },
        certificates: CertificateController.Desk(read: CertificateRequestFacts.read, mayCreate: CertificateRights.mayCreate),
        balancersOf: configuration.runsContainers ? place.addresses : nil),
      proxy: configuration.runsContainers ? ServiceProxy() : nil)
  }
}
