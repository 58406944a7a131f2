import CoreNode
import CoreObjects

/// Which pods may have an image of a repository that is on their node: all of them, or those that show a secret with which it was
/// pulled, or what was in it. Source: pkg/kubelet/images/pullmanager, v1.36 (KubeletEnsureSecretPulledImages), with the policy
/// NeverVerifyPreloadedImages.
enum ImageAccess: Sendable, Equatable {
  struct Secret: Sendable, Equatable {
    var source: RegistryCredential.Source
    /// Of what was in it.
    var digest: String
  }

  case all
  case secrets([Secret])

  func allows(_ credentials: [RegistryCredential]) -> Bool {
    switch self {
    case .all: true
    case .secrets(let secrets):
      credentials.contains { credential in
        secrets.contains { $0.source == credential.source || $0.digest == credential.digest }
      }
    }
  }

  /// It was pulled once more, with this secret or without one.
  func adding(_ credential: RegistryCredential?) -> ImageAccess {
    guard case .secrets(let secrets) = self, let credential, let source = credential.source else { return .all }
    return .secrets(secrets.filter { $0.source != source } + [Secret(source: source, digest: credential.digest)])
  }

  init(_ tree: JSON) {
    guard tree["secrets"].isArray else {
      self = .all
      return
    }
    self = .secrets(
      tree["secrets"].elements.map { secret in
        Secret(
          source: .init(
            uid: secret[.uid].string ?? "", namespace: secret[.namespace].string ?? "", name: secret[.name].string ?? ""),
          digest: secret["digest"].string ?? "")
      })
  }

  func tree(of id: String, in repository: String) -> JSON {
    var tree: JSON = ["id": .string(id), "repository": .string(repository)]
    if case .secrets(let secrets) = self {
      tree["secrets"] = .array(
        secrets.map { secret in
          [
            "uid": .string(secret.source.uid), "namespace": .string(secret.source.namespace), "name": .string(secret.source.name),
            "digest": .string(secret.digest),
          ]
        })
    }
    return tree
  }
}

extension ImageTable.Node {
  /// Gives the node an image.
  /// - Returns: whether it had it
  mutating func add(_ image: StoredImage, _ secret: RegistryCredential?) -> Bool {
    let hadIt = !images.insert(image.id).inserted
    let isOpen = secret?.source == nil
    if !isOpen || access[image.id] != nil {
      var known = access[image.id] ?? [:]
      // What it was called before is as open as it was.
      if access[image.id] == nil, hadIt {
        for (name, id) in names where id == image.id { known[ImageTable.repository(name)] = .all }
      }
      for repository in image.names.map(ImageTable.repository) {
        known[repository] = isOpen ? .all : (known[repository] ?? .secrets([])).adding(secret)
      }
      access[image.id] = known
    }
    for name in image.names { names[name] = image.id }
    return hadIt
  }

  mutating func remove(_ id: String) {
    images.remove(id)
    access[id] = nil
  }

  /// - Parameter repository: nil where it is asked for by its identifier, which says nothing of a registry.
  func mayUse(_ id: String, of repository: String?, _ credentials: [RegistryCredential]) -> Bool {
    guard let known = access[id] else { return true }
    if let repository { return known[repository]?.allows(credentials) ?? false }
    return known.values.contains { $0.allows(credentials) }
  }
}

extension ImageTable {
  /// "docker.io/library/app" of "docker.io/library/app:test"
  static func repository(_ name: String) -> String { (try? ImageReference(name))?.name ?? name }
}

extension RegistryCredential {
  /// Of what it holds, wherever it is from.
  var digest: String { Digest.of(Array([user, password, identityToken, registryToken].joined(separator: "\0").utf8)) }
}
