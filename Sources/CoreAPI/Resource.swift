package import CoreObjects

/// One kind as the API server serves it: its names and what only that kind does. One type and one file a kind, in Resources/.
///
/// The verbs call, in this order. Create: setDefaults, prepareForCreate, validate. Update: setDefaults, prepareForUpdate, validate,
/// validateUpdate. Update of status: prepareForStatusUpdate, validateStatusUpdate. All of it after the schema's own decoding,
/// defaults and validation, and on the storage version.
package protocol Resource: Sendable {
  var definition: ResourceDefinition { get }

  /// Defaults that depend on other fields (the schema declares the others).
  func setDefaults(_ object: inout JSON)
  /// Clears or sets what a client may not decide: status, generation, allocated fields.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError)
  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError)
  func prepareForStatusUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext)
  /// What the server itself adds to a new status, whoever writes it.
  func completeStatus(_ status: inout JSON, old: JSON, at now: Instant)
  /// Rules across fields.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError]
  /// Rules about what may change.
  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError]
  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError]
  /// Warning headers for this object (deprecations and likely mistakes).
  func warnings(_ object: JSON) -> [String]
  /// The cells of the table's row, as many as `definition.columns`.
  func cells(_ object: JSON, at now: Instant) -> [JSON]
  /// From the storage version to a served one and back; the same tree where only apiVersion differs.
  func convert(_ object: JSON, from: ServedVersion, to: ServedVersion) -> JSON

  /// The resource as one of its versions has it; most have one face for all.
  func face(_ version: ServedVersion) -> any Resource
  /// Whether a version can be asked for; the storage version need not be.
  func isServed(_ version: ServedVersion) -> Bool
  /// What objects of a version look like; nil only where the schema does not have the kind.
  func type(_ version: ServedVersion) -> TypeSchema?
}

/// What a fieldSelector may name, and where it stands in an object.
package typealias SelectableFields = [String: @Sendable (JSON) -> JSON]

/// The names under which a resource is served, and what of it is told in names.
package struct ResourceDefinition: Sendable {
  package var id: ResourceID
  package var kind: String
  /// nil: the kind in small letters.
  var singular: String?
  /// nil: the kind and List.
  var listKind: String?
  /// nil: v1 of the resource's group.
  var served: [ServedVersion]?
  package var isNamespaced = true
  var shortNames: [String] = []
  var categories: [String] = []
  /// Discovery's order: create, delete, deletecollection, get, list, patch, update, watch.
  package var verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
  package var hasStatus = false
  /// It has a generation without having a status.
  var countsChanges = false
  /// What each request for it is warned of: that it is deprecated.
  var deprecation: String?
  /// Its name is, or begins, the host name of a pod.
  var namesHosts = false
  /// Where its pods are described: [] for a pod itself, ["spec", "template"] for most workloads.
  var template: [Key]?
  /// Parts of the metadata that a write of the status does not change; the rest is taken over from it.
  var keptByStatus: [Key] = []
  /// Its own rules (`Resource.validate`) look at nothing but the spec.
  var isJudgedBySpec = false
  /// Other subresources: "scale", "binding", "eviction", "log", "exec", "attach", "portforward", "token", "approve", "finalize", …
  var subresources: [Subresource] = []
  var columns: [TableColumn] = [.name, .age]
  /// What a fieldSelector may name besides name and namespace ("status.phase"); nothing counts as an empty text.
  var selectable: SelectableFields = [:]
  /// The same of a version other than the storage version, by its group.
  var selectableElsewhere: [String: SelectableFields] = [:]
  /// How names are checked.
  var nameRule = NameRule.dnsSubdomain
  /// Whether its objects are stored; otherwise they are computed when they are asked for.
  var isPersisted = true

  /// What kubectl takes for it, in small letters.
  var names: [String] { [kind.lowercased(), id.name] + shortNames }

  /// The storage version first. Most kinds have one; HorizontalPodAutoscaler has v2 and v1, Event v1 and events.k8s.io/v1.
  package var versions: [ServedVersion] {
    let package = id.group.isEmpty ? "core" : String(id.group.prefix { $0 != "." })
    return served ?? [ServedVersion(group: id.group, version: "v1", typeName: "\(package).v1.\(kind)")]
  }
}

/// A group and version under which a resource is served, with the schema type of its objects.
package struct ServedVersion: Sendable, Hashable {
  package var group: String
  package var version: String
  /// Qualified as in the schema: "apps.v1.StatefulSet".
  package var typeName: String
  /// "apps/v1", or "v1" in the core group.
  package var apiVersion: String { group.isEmpty ? version : group + "/" + version }
}

package struct Subresource: Sendable {
  static let scale = Subresource(
    name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"])
  /// Requests are passed on to what the object stands for.
  static func proxy(_ kind: String) -> Subresource {
    Subresource(name: "proxy", kind: kind, verbs: ["create", "delete", "get", "patch", "update"])
  }

  package var name: String
  /// The kind that it takes and gives, with its own group and version where they differ ("autoscaling", "v1", "Scale").
  package var kind: String
  package var group: String?
  package var version: String?
  package var verbs: [String]
}

struct TableColumn: Sendable, ExpressibleByStringLiteral {
  static let name = TableColumn(name: "Name", format: "name")
  static let age: TableColumn = "Age"
  static func number(_ name: String) -> TableColumn { TableColumn(name: name, type: "integer") }
  static func wide(_ name: String) -> TableColumn { TableColumn(name: name, priority: 1) }

  var name: String
  var type = "string"
  var format = ""
  /// 0: always shown; 1: only with `-o wide`.
  var priority = 0
  var description = ""
}

extension TableColumn {
  init(stringLiteral name: String) { self.init(name: name) }
}

/// Which names an object may have.
package enum NameRule: Sendable {
  /// RFC 1123 subdomain, at most 253 characters.
  case dnsSubdomain
  /// RFC 1123 label, at most 63 characters.
  case dnsLabel
  /// RFC 1035 label: begins with a letter.
  case dns1035Label
  /// A path segment: RBAC names with colons.
  case pathSegment
}

/// What a write may look at.
package struct WriteContext: Sendable {
  package var store: Store
  package var now: Instant
  /// Random 64 bits for this write: the only randomness there is.
  package var randomBits: UInt64
  package var timeZones: TimeZoneDatabase
  package var featureGates: Set<FeatureGate> = []
  package var addresses = ClusterAddresses()
  /// Whose request it is; nil where a program of the control plane writes.
  package var caller: Caller?
  /// What a request for a certificate says; nil where it is none. Without it nobody looks at them.
  package var readCertificateRequest: (@Sendable ([UInt8]) -> CertificateRequestFacts?)?
  /// Which part of the object the write is about.
  package var scope = WriteScope.object
}

extension Resource {
  package func setDefaults(_ object: inout JSON) {}

  package func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    if definition.hasStatus { object.remove(.status) }
    if definition.hasStatus || definition.countsChanges, object[.spec].isObject { object[.metadata].put(.generation, .int(1)) }
  }

  package func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    if definition.hasStatus { object.put(.status, old[.status]) }
    keepGeneration(&object, old: old)
  }

  /// Generation counts the changes of the spec.
  package func keepGeneration(_ object: inout JSON, old: JSON) {
    guard let generation = old[.metadata][.generation].int else { return }
    object[.metadata].put(.generation, .int(Int64(object[.spec] == old[.spec] ? generation : generation + 1)))
  }

  package func prepareForStatusUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) {
    var result = old
    var status = object[.status]
    completeStatus(&status, old: old[.status], at: context.now)
    result.put(.status, status)
    var metadata = object[.metadata]
    for key in [Key.generation, .deletionTimestamp, .deletionGracePeriodSeconds] + definition.keptByStatus {
      metadata.put(key, old[.metadata][key])
    }
    result.put(.metadata, metadata)
    object = result
  }

  package func completeStatus(_ status: inout JSON, old: JSON, at now: Instant) {}
  package func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] { [] }
  package func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] { [] }
  package func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] { [] }
  package func warnings(_ object: JSON) -> [String] {
    guard let template = definition.template else { return [] }
    let path = template.reduce(FieldPath()) { $0.child($1) }
    let name = object[.metadata][.name].string ?? ""
    // It begins the names of the pods, which are their host names.
    let isHost = definition.namesHosts && NameRules.problem(name, .dnsLabel) != nil
    return (isHost ? ["metadata.name: it becomes a host name; a DNS label would be one"] : [])
      + PodWarnings(template.reduce(object) { $0[$1] }, path).texts
  }
  package func cells(_ object: JSON, at now: Instant) -> [JSON] { [object[.metadata][.name], .string("")] }

  package func convert(_ object: JSON, from: ServedVersion, to: ServedVersion) -> JSON {
    var converted = object
    converted.put(.apiVersion, .string(to.apiVersion))
    return converted
  }

  package func face(_ version: ServedVersion) -> any Resource { self }
  package func isServed(_ version: ServedVersion) -> Bool { true }
  package func type(_ version: ServedVersion) -> TypeSchema? { Schema.shared.type(version.typeName) }
}
