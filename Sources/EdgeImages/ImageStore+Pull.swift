package import CoreNode
import EdgeLinux
import Synchronization

extension ImageStore {
  /// What a container is made from, by the rules of kubelet's imagePullPolicy. But where a registry cannot be asked at all, Always is
  /// content with what is there: on a machine without a way out, images that were loaded would be of no use to most manifests. What
  /// was pulled with a secret is there only for pods that have it.
  /// - Parameters:
  ///   - keyring: what the pod's pull secrets hold.
  ///   - pulling: called before a registry is asked.
  /// - Throws: an error whose `reason` is InvalidImageName, ErrImageNeverPull or ErrImagePull.
  package func ensure(
    node: String, image: String, pull: ImagePull, keyring: RegistryKeyring = RegistryKeyring(),
    pulling: @Sendable (PullProgress) -> Void = { _ in }
  ) async throws(ImageError) -> (facts: ImageFacts, prepared: PreparedImage, origin: ImageOrigin) {
    let isIdentifier = image.hasPrefix("sha256:") && Digest.isValid(image)
    let reference = isIdentifier ? nil : try ImageReference(image)
    let found = try present(node: node, image: image)
    let credentials = reference.map { keyring.credentials(for: $0.name) } ?? []
    let isOurs = found.map { mayUse($0.0.id, of: reference?.name, node: node, credentials) } ?? false
    if pull != .always, isOurs, let (facts, prepared) = found { return (facts, prepared, .present) }
    guard pull != .never else { throw found == nil ? .neverPull(image) : .secret(image) }
    guard let reference else { throw .pullFailed(image, reason: "an identifier says nothing about a registry") }
    let start = ContinuousClock.now
    do throws(ImageError) { try await fetch(reference, keyring, credentials, node: node, pulling) } catch {
      guard case .registryUnreachable(_, let reason) = error, isOurs, let (facts, prepared) = found else { throw error }
      return (facts, prepared, .unasked(reason: reason))
    }
    guard let (facts, prepared) = try present(node: node, image: image) else {
      throw .pullFailed(image, reason: "it vanished at once")
    }
    let took = (ContinuousClock.now - start).components
    return (facts, prepared, .pulled(milliseconds: Int(took.seconds * 1000 + took.attoseconds / 1_000_000_000_000_000)))
  }

  private func mayUse(_ id: String, of repository: String?, node: String, _ credentials: [RegistryCredential]) -> Bool {
    state.withLock { $0.table.nodes[node]?.mayUse(id, of: repository, credentials) ?? false }
  }

  /// Fetches an image onto a node, or waits for somebody who fetches it already.
  private func fetch(
    _ reference: ImageReference, _ keyring: RegistryKeyring, _ credentials: [RegistryCredential], node: String,
    _ pulling: @Sendable (PullProgress) -> Void
  ) async throws(ImageError) {
    state.withLock { $0.adding += 1 }
    defer {
      state.withLock { $0.adding -= 1 }
      collectGarbage()
    }
    let key = PullTable.Key(
      reference: reference.description, credentials: credentials.map { $0.digest + ($0.source?.uid ?? "") })
    let outcome = await pulls.run(key, begun: pulling) { progress in
      do throws(ImageError) { return .success(try await self.fetch(reference, keyring, progress)) } catch {
        return .failure(error.of(reference))
      }
    }
    let (image, pulled) = try outcome.map { ($0.image, $0.pulled) }.get()
    _ = try record([image], nodes: [node], secret: pulled.credential)
  }

  private func fetch(
    _ reference: ImageReference, _ keyring: RegistryKeyring, _ progress: PullProgress
  ) async throws(ImageError) -> PullTable.Outcome {
    let scratch = try content.scratch()
    defer { try? Files.remove(scratch) }
    let content = content
    var pulled =
      ownRegistry.isOwn(reference)
      ? PulledImage(try ownRegistry.offer(reference))
      : try await registry.pull(
        PullRequest(
          reference: reference, scratch: scratch, keyring: keyring, progress: progress, limit: Int(content.limits.bytes),
          hasLayer: { content.has($0, diffID: $1) }))
    progress.unpack()
    pulled.image.names = [reference.description]
    pulled.image.isPulled = true
    return PullTable.Outcome(image: try store(pulled.image, what: reference.description), pulled: pulled)
  }

  /// What is being pulled, and how far it is, in lines.
  package var pulling: [String] { pulls.lines }
}

extension ImageError {
  /// As the failure of a pull.
  fileprivate func of(_ reference: ImageReference) -> ImageError {
    switch self {
    case .badArchive(_, let reason): .pullFailed(reference.description, reason: reason)
    case .storage(let path, let reason): .pullFailed(reference.description, reason: "\(path): \(reason)")
    default: self
    }
  }
}
