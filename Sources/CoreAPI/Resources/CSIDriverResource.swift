import CoreObjects

/// What a CSI driver can do and wants to be told. Nobody asks it: volumes are folders of the node.
struct CSIDriverResource: Resource {
  private static let shortestToken = 600
  private static let longestToken = 1 << 32
  let definition = ResourceDefinition(
    id: .csiDrivers, kind: "CSIDriver", isNamespaced: false,
    columns: [
      .name, TableColumn(name: "AttachRequired", type: "boolean"), TableColumn(name: "PodInfoOnMount", type: "boolean"),
      TableColumn(name: "StorageCapacity", type: "boolean"), "TokenRequests",
      TableColumn(name: "RequiresRepublish", type: "boolean"), "Modes", .age,
    ])

  /// Source: SetDefaults_CSIDriver, pkg/apis/storage/v1/defaults.go, v1.36.
  func setDefaults(_ object: inout JSON) {
    guard object[.spec].isObject, object[.spec][.volumeLifecycleModes].elements.isEmpty else { return }
    object[.spec].put(.volumeLifecycleModes, ["Persistent"])
  }

  /// Source: ValidateCSIDriver, pkg/apis/storage/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let (spec, path) = (object[.spec], FieldPath("spec"))
    rules.driver(object[.metadata][.name], "metadata.name")
    for mode in spec[.volumeLifecycleModes].elements {
      rules.choice(mode, path.child("volumeLifecycleModes"), ["Ephemeral", "Persistent"])
    }
    var seen = Set<String>()
    for (index, request) in spec[.tokenRequests].elements.enumerated() {
      let at = path.child("tokenRequests").index(index)
      if !seen.insert(request[.audience].string ?? "").inserted {
        rules.refuse(.duplicate, at.child("audience"), request[.audience])
      }
      guard let seconds = request[.expirationSeconds].int else { continue }
      if !(CSIDriverResource.shortestToken...CSIDriverResource.longestToken).contains(seconds) {
        rules.refuse(
          .invalid, at.child("expirationSeconds"), request[.expirationSeconds], "must be from ten minutes to 2^32 seconds")
      }
    }
    if spec[.serviceAccountTokenInSecrets] == true, spec[.tokenRequests].elements.isEmpty {
      rules.refuse(.invalid, path.child("serviceAccountTokenInSecrets"), true, "without tokenRequests there are no tokens")
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = object[.spec]
    func flag(_ key: Key, _ otherwise: Bool = false) -> JSON { .bool(spec[key].bool ?? otherwise) }
    let tokens = spec[.tokenRequests]
    let modes = spec[.volumeLifecycleModes].elements.compactMap(\.string)
    return [
      TableCells.name(object), flag(.attachRequired, true), flag(.podInfoOnMount), flag(.storageCapacity),
      .string(tokens.isNull ? "<unset>" : tokens.elements.compactMap { $0[.audience].string }.joined(separator: ",")),
      flag(.requiresRepublish), .string(modes.isEmpty ? "<none>" : modes.joined(separator: ",")), TableCells.age(object, now),
    ]
  }
}
