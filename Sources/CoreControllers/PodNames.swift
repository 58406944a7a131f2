import CoreObjects

/// Names of new pods (and slices): the owner's name and five characters, as generateName makes them, but known before the pod is there,
/// so that events can name them. The same state of the store gives the same names.
struct PodNames {
  /// Source: maxGeneratedNameLength, k8s.io/apiserver/pkg/storage/names, v0.36.
  static let longestBase = 58
  private let owner: StoredObject
  private let store: Store
  private var random: RandomSource
  private var given: Set<String> = []

  init(_ owner: StoredObject, _ store: Store) {
    self.owner = owner
    self.store = store
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in owner.uid.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    random = RandomSource(seed: hash ^ store.revision)
  }

  /// A name that is free. `base` ends with "-".
  mutating func next(_ base: String, _ resource: ResourceID = .pods) -> String {
    while true {
      let name = String(base.prefix(PodNames.longestBase)) + random.suffix()
      guard given.insert(name).inserted, store.get(resource, namespace: owner.key.namespace, name) == nil else { continue }
      return name
    }
  }
}
