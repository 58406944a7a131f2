import EdgeHTTP

/// Fetches images from their registry.
package struct RegistryClient: Sendable {
  /// Takes the reference and an empty directory for the layers' files, which the caller removes.
  package var pull: @Sendable (ImageReference, String) async throws(ImageError) -> OfferedImage

  package init(pull: @escaping @Sendable (ImageReference, String) async throws(ImageError) -> OfferedImage) { self.pull = pull }

  /// Asks over the network, anonymously.
  /// - Parameter patience: for each wait, not for the whole of an image.
  package init(patience: Duration = .seconds(20)) {
    let client = HTTPClient(tls: try? TLSContext(clientTrusting: []), patience: patience)
    pull = { (reference, scratch) throws(ImageError) in
      do {
        var pull = RegistryPull(client, reference, scratch)
        return try await pull.run()
      } catch let error as ImageError { throw error } catch {
        throw .registryUnreachable(reference.description, reason: "\(error)")
      }
    }
  }

  /// For machines without a way out.
  package static let unreachable = RegistryClient { (reference, _) throws(ImageError) in
    throw .registryUnreachable(reference.description, reason: "no registry can be reached from here")
  }
}
