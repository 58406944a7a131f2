package import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeLinux

/// One image that is to be fetched.
package struct PullRequest: Sendable {
  package var reference: ImageReference
  /// An empty directory for the layers' files, which the caller removes.
  package var scratch: String
  package var keyring: RegistryKeyring
  package var progress: PullProgress
  /// Bytes of a layer.
  var limit: Int
  /// Whether a layer needs no fetching, by its digest and that of its plain tar.
  var hasLayer: @Sendable (String, String) -> Bool
}

package struct PulledImage: Sendable {
  package var image: OfferedImage
  /// What opened the registry, where that was not open to all of the machine.
  package var credential: RegistryCredential?

  package init(_ image: OfferedImage, credential: RegistryCredential? = nil) {
    self.image = image
    self.credential = credential
  }
}

/// Fetches images from their registry.
package struct RegistryClient: Sendable {
  package var pull: @Sendable (PullRequest) async throws(ImageError) -> PulledImage
  /// What the machine itself may show: its docker configuration, read anew for each pull.
  package var keyring: @Sendable () -> RegistryKeyring = { RegistryKeyring() }

  package init(pull: @escaping @Sendable (PullRequest) async throws(ImageError) -> PulledImage) { self.pull = pull }

  /// Asks over the network.
  /// - Parameter dockerConfiguration: the path of a docker `config.json`, which need not be there.
  package init(
    _ configuration: RegistryConfiguration = RegistryConfiguration(), dockerConfiguration: String? = nil,
    patience: PullPatience = PullPatience()
  ) {
    let connections = RegistryConnections(configuration, patience)
    let machine: @Sendable () -> RegistryKeyring = {
      var keyring = configuration.keyring
      // Docker's own file is docker's to complain of.
      if let path = dockerConfiguration, let bytes = try? Files.read(path, limit: 1 << 20),
        let tree = try? JSONParser.parse(bytes)
      {
        try? keyring.add(tree["auths"])
      }
      return keyring
    }
    keyring = machine
    pull = { (request) throws(ImageError) in
      var attempts = PullAttempts(request.reference)
      for endpoint in configuration.endpoints(of: request.reference.registry) {
        var candidates: [RegistryCredential] = []
        if endpoint.mirrored == nil { candidates += request.keyring.credentials(for: request.reference.name) }
        if let own = configuration.credential(for: endpoint, registry: request.reference.registry) { candidates.append(own) }
        if endpoint.mirrored == nil { candidates += machine().credentials(for: request.reference.name) }
        for credential in candidates.isEmpty ? [nil] : candidates.map(Optional.some) {
          let session = RegistrySession(connections, endpoint, request.reference, credential, patience)
          do throws(RegistryFailure) {
            let image = try await RegistryPull(session: session, request: request, patience: patience).run()
            return PulledImage(image, credential: credential)
          } catch {
            if case .storage(let path, let reason) = error { throw .storage(path: path, reason: reason) }
            attempts.failures.append(error)
            if case .unreachable = error { break }
          }
        }
      }
      throw attempts.error
    }
  }

  /// For machines without a way out.
  package static let unreachable = RegistryClient { (request) throws(ImageError) in
    throw .registryUnreachable(request.reference.description, reason: "no registry can be reached from here")
  }
}

/// What came of asking all that could be asked.
private struct PullAttempts {
  let reference: ImageReference
  var failures: [RegistryFailure] = []

  init(_ reference: ImageReference) { self.reference = reference }

  var error: ImageError {
    var reasons: [String] = []
    for reason in failures.map(\.reason) where !reasons.contains(reason) { reasons.append(reason) }
    let reason = reasons.joined(separator: "; ")
    // The registry itself is asked last, after its mirrors.
    let isUnreachable = if case .unreachable = failures.last { true } else { false }
    return isUnreachable
      ? .registryUnreachable(reference.description, reason: reason) : .pullFailed(reference.description, reason: reason)
  }
}
