/// An image whose layers are unpacked on this machine: what a container is made from.
package struct PreparedImage: Sendable, Equatable {
  /// "sha256:…" of the image's configuration.
  package var id: String
  /// Absolute paths of the unpacked layers, lowest first, each fit to be a lowerdir of an overlay mount. (The mount option
  /// `lowerdir=` wants them the other way round.) Empty for an image without layers.
  package var layerDirectories: [String]
  package var entrypoint: [String]
  package var command: [String]
  /// "NAME=value", in the image's order.
  package var environment: [String]
  /// "/" where the image names none.
  package var workingDirectory: String
  /// As the image has it: "", "1000", "1000:1000", "nobody" or "nobody:nogroup".
  package var user: String
  /// A name such as "SIGQUIT" or a number; nil for SIGTERM.
  package var stopSignal: String?
}
