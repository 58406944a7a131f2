import EdgeLinux

/// Fetches images from their registry.
package struct RegistryClient: Sendable {
  package struct PulledImage: Sendable {
    package var image: OfferedImage
    /// The directory that holds the image's files; removed once they are stored.
    package var scratch: String

    package init(image: OfferedImage, scratch: String) {
      self.image = image
      self.scratch = scratch
    }
  }

  /// Takes the reference and an empty directory for the layers' files, which it removes where it fails.
  package var pull: @Sendable (ImageReference, String) async throws(ImageError) -> PulledImage

  package init(pull: @escaping @Sendable (ImageReference, String) async throws(ImageError) -> PulledImage) { self.pull = pull }

  /// For machines without a way out.
  package static let unreachable = RegistryClient { (reference, scratch) throws(ImageError) in
    try? Files.remove(scratch)
    throw .pullFailed(
      reference.description,
      reason: "no registry can be reached from here: load it from an archive (wavetank load image-archive FILE)")
  }
}
