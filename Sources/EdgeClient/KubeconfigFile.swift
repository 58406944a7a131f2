import CoreObjects
package import EdgeHTTP
import EdgeLinux

/// Why a context of a kubeconfig cannot be used.
package enum KubeconfigError: Error, Equatable, CustomStringConvertible {
  case unreadable(String, reason: String)
  case noContext(String, known: [String])
  case noEntry(context: String, kind: String, name: String)
  case unsupported(context: String, what: String)
  case malformed(context: String, what: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .noContext(let name, let known):
      "there is no context \"\(name)\""
        + (known.isEmpty ? " and no other" : "; the contexts are: \(known.joined(separator: ", "))")
    case .noEntry(let context, let kind, let name): "context \"\(context)\" names \(kind) \"\(name)\", which is not there"
    case .unsupported(let context, let what): "context \"\(context)\" wants \(what), which is not supported"
    case .malformed(let context, let what): "context \"\(context)\": \(what)"
    }
  }
}

/// How to reach the cluster of a context, and as whom.
package struct ClusterEndpoint: Sendable {
  package var origin: HTTPOrigin
  /// What stands before every path, "" or "/k8s/clusters/c-1".
  package var prefix: String
  package var tls: TLSContext?
  package var token: String?
}

/// kubeconfig files, as kubectl reads them: those of KUBECONFIG (separated by colons) or ~/.kube/config; the first that has a
/// context, cluster or user counts.
package struct KubeconfigFile: Sendable {
  private let documents: [(path: String, tree: JSON)]

  /// - Parameter paths: files that are not there are left out, as kubectl does.
  package init(_ paths: [String]) throws(KubeconfigError) {
    var documents: [(path: String, tree: JSON)] = []
    for path in paths where Files.exists(path) {
      let text = String(decoding: try KubeconfigFile.read(path), as: UTF8.self)
      do throws(YAMLError) { documents += try YAMLReader.documents(text).map { (path, $0) } } catch {
        throw .unreadable(path, reason: "\(error)")
      }
    }
    self.documents = documents
  }

  package static func standardPaths(environment: (String) -> String?) -> [String] {
    if let list = environment("KUBECONFIG"), !list.isEmpty { return list.split(separator: ":").map(String.init) }
    return [(environment("HOME") ?? "/root") + "/.kube/config"]
  }

  /// - Parameter name: nil takes the current context.
  package func endpoint(context name: String?) throws(KubeconfigError) -> ClusterEndpoint {
    let wanted = name ?? documents.lazy.compactMap { $0.tree["current-context"].string }.first { !$0.isEmpty } ?? ""
    let known = documents.flatMap { $0.tree["contexts"].elements.compactMap { $0["name"].string } }
    guard let context = find("contexts", wanted) else { throw .noContext(wanted, known: known) }
    let clusterName = context.tree["context"]["cluster"].string ?? ""
    let userName = context.tree["context"]["user"].string ?? ""
    guard let cluster = find("clusters", clusterName) else {
      throw .noEntry(context: wanted, kind: "cluster", name: clusterName)
    }
    guard let user = find("users", userName) else { throw .noEntry(context: wanted, kind: "user", name: userName) }
    let url: HTTPURL
    do throws(HTTPClientError) { url = try HTTPURL(cluster.tree["cluster"]["server"].string ?? "") } catch {
      throw .malformed(context: wanted, what: "\(error)")
    }
    var endpoint = ClusterEndpoint(origin: url.origin, prefix: url.target == "/" ? "" : url.target)
    endpoint.token = try token(user.tree["user"], user.path, wanted)
    if url.origin.isTLS { endpoint.tls = try tls(cluster, user, wanted) }
    return endpoint
  }

  private func find(_ list: String, _ name: String) -> (path: String, tree: JSON)? {
    for document in documents {
      if let found = document.tree[Key(list)].elements.first(where: { $0["name"].string == name }) {
        return (document.path, found)
      }
    }
    return nil
  }

  private func token(_ user: JSON, _ path: String, _ context: String) throws(KubeconfigError) -> String? {
    if let token = user["token"].string { return token }
    if let file = user["tokenFile"].string {
      let text = String(decoding: try KubeconfigFile.read(KubeconfigFile.resolve(file, from: path)), as: UTF8.self)
      return String(text.prefix { $0 != "\n" })
    }
    for kind in ["exec", "auth-provider", "username"] where !user[Key(kind)].isNull {
      throw .unsupported(context: context, what: "credentials by \(kind)")
    }
    return nil
  }

  private func tls(
    _ cluster: (path: String, tree: JSON), _ user: (path: String, tree: JSON), _ context: String
  ) throws(KubeconfigError) -> TLSContext {
    let authorities = try data("certificate-authority", cluster.tree["cluster"], cluster.path, context) ?? []
    let certificate = try data("client-certificate", user.tree["user"], user.path, context)
    let key = try data("client-key", user.tree["user"], user.path, context)
    var identity: Identity?
    if let certificate, let key { identity = Identity(certificatePEM: certificate, keyPEM: key) }
    let isVerifying = cluster.tree["cluster"]["insecure-skip-tls-verify"].bool != true
    do throws(CertificateError) {
      return try TLSContext(clientTrusting: authorities, identity: identity, isVerifying: isVerifying)
    } catch { throw .malformed(context: context, what: "\(error)") }
  }

  /// `NAME-data` in base64, or the file that NAME names.
  private func data(_ name: String, _ entry: JSON, _ path: String, _ context: String) throws(KubeconfigError) -> [UInt8]? {
    if let text = entry[Key(name + "-data")].string, !text.isEmpty {
      guard let bytes = Base64.decode(text) else { throw .malformed(context: context, what: "\(name)-data is no base64") }
      return bytes
    }
    guard let file = entry[Key(name)].string, !file.isEmpty else { return nil }
    return try KubeconfigFile.read(KubeconfigFile.resolve(file, from: path))
  }

  /// Relative to the kubeconfig that names it.
  private static func resolve(_ file: String, from path: String) -> String {
    guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
    return path[...slash] + file
  }

  private static func read(_ path: String) throws(KubeconfigError) -> [UInt8] {
    do throws(SystemError) { return try Files.read(path) } catch { throw .unreadable(path, reason: error.reason) }
  }
}
