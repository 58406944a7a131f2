import CoreAPI
import CoreControllers
import CoreEngine
import CoreJSON
import CoreNode
import CoreStore
import CoreTypes
package import EdgeHTTP
package import EdgeJournal
import Glibc

/// What `wavetank up` was asked for.
package struct ClusterConfiguration: Sendable {
  package var dataDirectory: String
  package var nodes = 1
  package var speed = 1.0
  package var port: UInt16 = 6443
  package var kubeconfig: String
  package var name = "wavetank"

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
  case file(path: String, errno: Int32)

  package var description: String {
    switch self {
    case .journal(let error): "\(error)"
    case .certificates(let error): "\(error)"
    case .listen(let error): "\(error)"
    case .file(let path, let code): "\(path): \(String(cString: strerror(code)))"
    }
  }
}

/// A running cluster: journal, engine, API server. The composition root.
package final class Cluster: Sendable {
  package let host: EngineHost
  package let address: SocketAddress
  private let server: HTTPServer
  private let journal: Journal

  /// - Throws: `ClusterError`, before anything is left behind.
  package init(_ configuration: ClusterConfiguration) throws(ClusterError) {
    let journal: Journal
    let contents: JournalContents
    do throws(JournalError) {
      journal = try Journal(directory: configuration.dataDirectory)
      contents = try journal.load()
    } catch { throw .journal(error) }
    self.journal = journal
    let clock = ClusterClock(speed: configuration.speed)
    let secrets: ClusterSecrets
    let identity: Identity
    do throws(CertificateError) {
      let loaded = try ClusterSecrets.load(contents.metadata)
      secrets = loaded.secrets
      if !loaded.records.isEmpty { journal.submit(loaded.records) { _ in } }
      identity = try secrets.authority.issueServer(
        commonName: "kube-apiserver",
        names: [
          "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "127.0.0.1",
          Engine.serviceAddress,
        ])
    } catch { throw .certificates(error) }
    let tokens = AccountTokens(signer: secrets.signer)
    let engine = Cluster.engine(configuration, contents, secrets, tokens)
    host = EngineHost(engine: engine, clock: clock, journal: journal) { _ in }
    let handler = APIHandler(
      host: host, tokens: tokens, adminToken: secrets.adminToken,
      streams: NoStreams(reason: "this cluster runs no containers yet"))
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
    host.boot(apiPort: Int(address.port))
    try Kubeconfig.write(configuration.kubeconfig, name: configuration.name, address: address, secrets: secrets)
    for (index, name) in configuration.nodeNames.enumerated() {
      host.observe(NodeObservation(node: name, event: .nodeReady(HostFacts.read(index: index, of: configuration.nodes))))
    }
  }

  package func stop() async {
    host.stop()
    await server.stop(grace: .milliseconds(200))
    journal.close()
  }

  private static func engine(
    _ configuration: ClusterConfiguration, _ contents: JournalContents, _ secrets: ClusterSecrets, _ tokens: AccountTokens
  ) -> Engine {
    var api = APIConfiguration(sign: tokens.sign, verify: tokens.verify)
    api.clusterName = configuration.name
    api.serverAddress = "127.0.0.1:\(configuration.port)"
    api.certificateAuthorityPEM = String(decoding: secrets.authority.certificatePEM, as: UTF8.self)
    let seed = secureRandomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var store = Store()
    for (key, revision, bytes) in contents.objects {
      guard let tree = try? JSONParser.parse(bytes) else { continue }
      store.restore(
        StoredObject(
          key: ObjectKey(ResourceID(key.group, key.resource), namespace: key.namespace, key.name), uid: tree[.metadata][.uid].string ?? "",
          revision: revision, tree: tree, encoded: bytes))
    }
    store.restore(revision: contents.lastRevision)
    var server = APIServer(resources: Resources.all, configuration: api, random: RandomSource(seed: seed))
    server.restore(store)
    return Engine(
      server: server, controllers: Controllers.all(certificateAuthority: api.certificateAuthorityPEM, zone: { _ in nil }))
  }

  /// What HTTP itself refuses, in the API's form.
  private static func refusal(_ refusal: HTTPRefusal) -> HTTPResponse {
    let reason = refusal.status == 413 ? "RequestEntityTooLarge" : refusal.status == 431 ? "RequestHeaderFieldsTooLarge" : "BadRequest"
    let status: JSON = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(refusal.message),
      "reason": .string(reason), "code": .int(Int64(refusal.status)),
    ]
    return HTTPResponse(status: refusal.status, headers: ["content-type": "application/json"], body: .bytes(status.encoded()))
  }
}
