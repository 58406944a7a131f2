import CoreObjects

/// Manifests and indexes of registries and archives: which of them are images that run here.
enum ImageManifest {
  static let index = "application/vnd.oci.image.index.v1+json"
  static let image = "application/vnd.oci.image.manifest.v1+json"

  /// The digest of the image for this machine in an index. Without a variant comes first, then the least of them: later ones may want
  /// more than the processor has.
  static func choice(_ index: JSON) -> String? {
    let all = index["manifests"].elements.filter { $0["digest"].string.map(Digest.isValid) == true }
    let fitting = all.filter {
      $0["platform"]["os"].string == "linux" && $0["platform"]["architecture"].string == ImageArchive.architecture
    }
    let chosen = fitting.min { ($0["platform"]["variant"].string ?? "") < ($1["platform"]["variant"].string ?? "") }
    // An index of one that does not say what it is for.
    return (chosen ?? (all.count == 1 && all[0]["platform"].isNull ? all[0] : nil))?["digest"].string
  }

  /// Why a manifest is no image that can run.
  static func refusal(_ manifest: JSON) -> String? {
    if manifest["schemaVersion"].int == 1 {
      return "its manifest is of schema 1, which registries have not taken for years: push it again with a newer docker"
    }
    let type = manifest["config"]["mediaType"].string ?? ""
    let isImage =
      type.isEmpty || type.hasSuffix("image.config.v1+json") || type == "application/vnd.docker.container.image.v1+json"
    if let artifact = manifest["artifactType"].string, !artifact.isEmpty, !isImage {
      return "it is no image but an artifact: \(artifact)"
    }
    if !isImage { return "it is no image but an artifact: \(type)" }
    for layer in manifest["layers"].elements {
      let type = layer["mediaType"].string ?? ""
      if type.hasSuffix("+encrypted") { return "a layer of it is encrypted" }
    }
    return nil
  }
}
