import CoreObjects

/// What the cluster's own registry has: manifests, and the names that lead to them. Kept in registry.json; the bytes are blobs.
struct RegistryCatalog: Sendable, Equatable {
  struct Manifest: Sendable, Equatable {
    var mediaType: String
    var size: Int
    /// The configuration and the layers of an image.
    var blobs: [String] = []
    /// The manifests of an index.
    var manifests: [String] = []
    /// What it says something about.
    var subject: String?
    var artifactType: String?
  }

  struct Repository: Sendable, Equatable {
    /// Tag to digest.
    var tags: [String: String] = [:]
    var manifests: [String: Manifest] = [:]
  }

  var repositories: [String: Repository] = [:]

  /// All that must not go from the disk.
  var blobs: Set<String> {
    var blobs: Set<String> = []
    for repository in repositories.values {
      for (digest, manifest) in repository.manifests {
        blobs.insert(digest)
        blobs.formUnion(manifest.blobs)
      }
    }
    return blobs
  }

  var manifestCount: Int { repositories.values.reduce(0) { $0 + $1.manifests.count } }

  /// Forgets manifests that have no tag, are in no index and speak of none that stays.
  /// - Parameter digests: by repository, what stays without a tag
  /// - Parameter digests: what stays without a tag
  mutating func prune(keeping digests: Set<String>) {
    for (name, repository) in repositories {
      var kept = Set(repository.tags.values).union(digests.intersection(repository.manifests.keys))
      while true {
        let more = repository.manifests.filter { digest, manifest in
          !kept.contains(digest)
            && (manifest.subject.map(kept.contains) == true
              || kept.contains { repository.manifests[$0]?.manifests.contains(digest) == true })
        }
        if more.isEmpty { break }
        kept.formUnion(more.keys)
      }
      repositories[name]?.manifests = repository.manifests.filter { kept.contains($0.key) }
      if kept.isEmpty { repositories[name] = nil }
    }
  }

  init() {}

  init(_ tree: JSON) {
    for entry in tree["repositories"].elements {
      var repository = Repository()
      for manifest in entry["manifests"].elements {
        guard let digest = manifest["digest"].string, Digest.isValid(digest) else { continue }
        func digests(_ key: Key) -> [String] { manifest[key].elements.compactMap(\.string).filter(Digest.isValid) }
        repository.manifests[digest] = Manifest(
          mediaType: manifest["mediaType"].string ?? "", size: manifest["size"].int ?? 0, blobs: digests("blobs"),
          manifests: digests("manifests"), subject: manifest["subject"].string, artifactType: manifest["artifactType"].string)
      }
      for tag in entry["tags"].elements {
        guard let name = tag["name"].string, let digest = tag["digest"].string else { continue }
        if repository.manifests[digest] != nil { repository.tags[name] = digest }
      }
      if let name = entry["name"].string { repositories[name] = repository }
    }
  }

  var tree: JSON {
    func list(_ digests: [String]) -> JSON { .array(digests.map { .string($0) }) }
    let all = repositories.sorted { $0.key < $1.key }.map { name, repository -> JSON in
      let manifests = repository.manifests.sorted { $0.key < $1.key }.map { digest, manifest -> JSON in
        [
          "digest": .string(digest), "mediaType": .string(manifest.mediaType), "size": .int(Int64(manifest.size)),
          "blobs": list(manifest.blobs), "manifests": list(manifest.manifests),
          "subject": manifest.subject.map { .string($0) } ?? .null,
          "artifactType": manifest.artifactType.map { .string($0) } ?? .null,
        ]
      }
      let tags = repository.tags.sorted { $0.key < $1.key }.map { name, digest -> JSON in
        ["name": .string(name), "digest": .string(digest)]
      }
      return ["name": .string(name), "tags": .array(tags), "manifests": .array(manifests)]
    }
    return ["repositories": .array(all)]
  }
}
