import CoreObjects

/// What the pods of each node ask for and forbid, kept up with every change of a pod, so that placing one does not cost looking
/// at all. A value: preemption tries on a copy what room the victims would leave.
struct ClusterUsage: Sendable {
  struct HostPort: Hashable, Sendable {
    var address: String
    var port: Int
    var transport: String

    /// 0.0.0.0 takes the port on every address.
    func conflicts(with other: HostPort) -> Bool {
      port == other.port && transport == other.transport
        && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
    }
  }
  struct NodeUsage: Sendable {
    var pods = 0
    var cpuMillicores: Int64 = 0
    var memoryBytes: Int64 = 0
    var usualCPUMillicores: Int64 = 0
    var usualMemoryBytes: Int64 = 0
    /// What few pods ask for; nil until one does, so that a copy counts no references.
    struct Rarities: Sendable {
      var others: [String: Int64] = [:]
      var hostPorts: [HostPort: Int] = [:]
    }
    var rarities: Rarities?

    mutating func add(_ request: PodRequest, _ ports: [HostPort], _ sign: Int) {
      pods += sign
      if pods <= 0 {
        self = NodeUsage()
        return
      }
      let amount = Int64(sign)
      cpuMillicores += amount * request.cpuMillicores
      memoryBytes += amount * request.memoryBytes
      usualCPUMillicores += amount * request.usualCPUMillicores
      usualMemoryBytes += amount * request.usualMemoryBytes
      if request.others.isEmpty, ports.isEmpty { return }
      var rarities = self.rarities ?? Rarities()
      for other in request.others { rarities.others[other.name, default: 0] += amount * other.amount }
      for port in ports { ClusterUsage.count(&rarities.hostPorts, port, sign) }
      self.rarities = rarities
    }
  }
  /// A node keeps its place; a name that is no node's has one as long as pods have it.
  private var usages = Slots<String, NodeUsage>()
  private var isNode: [Bool] = []
  /// Pods of each controller, by its UID, on each node, by its place.
  private var owners: [String: [Int: Int]] = [:]
  private var priorities: [Int: Int] = [:]
  private var claims: [ObjectKey: Int] = [:]
  private var nominations: [String: [ObjectKey]] = [:]
  var counts = PodCounts()
  /// Required anti-affinity of placed pods; every weight is 0.
  private(set) var refusals = PlacedTerms()
  /// Preferences of placed pods; their required affinity is one of weight 1.
  /// Source: DefaultHardPodAffinityWeight, pkg/scheduler/apis/config, v1.36.
  private(set) var preferences = PlacedTerms()

  /// Of a node that is there, until it is removed.
  mutating func place(of node: String) -> Int {
    let place = reserve(node)
    isNode[place] = true
    return place
  }

  mutating func remove(node: String) {
    guard let place = usages.place(of: node) else { return }
    isNode[place] = false
    release(node, place)
  }

  private mutating func reserve(_ name: String) -> Int {
    let place = usages.reserve(name, NodeUsage())
    if place == isNode.count { isNode.append(false) }
    return place
  }

  private mutating func release(_ name: String, _ place: Int) {
    if !isNode[place], usages[place].pods == 0 { usages.remove(name, leaving: NodeUsage()) }
  }

  func usage(at place: Int) -> NodeUsage { usages[place] }
  func usage(of node: String) -> NodeUsage { usages.place(of: node).map { usages[$0] } ?? NodeUsage() }

  /// How many placed pods of a controller each node has, by its place; nothing of nodes without one.
  func pods(ofController uid: String) -> [Int: Int] { owners[uid] ?? [:] }

  /// Whether a pod of this priority outranks any placed pod.
  func isAboveAny(priority: Int) -> Bool { priorities.keys.contains { $0 < priority } }

  /// How many placed pods use a claim.
  func users(ofClaim key: ObjectKey) -> Int { claims[key] ?? 0 }

  var hasNominations: Bool { !nominations.isEmpty }

  /// Waiting pods for which room is being made on a node, sorted.
  func nominated(to node: NodeShape) -> [ObjectKey] { nominations[node.name] ?? [] }

  mutating func record(_ change: StoreChange, _ store: Store) {
    let before = change.previous?.view(Pod.self)
    let after = change.kind == .deleted ? nil : change.object.view(Pod.self)
    nominate(change.object.key, from: before, to: after)
    let old = before.flatMap { ClusterUsage.place(of: $0) }
    let new = after.flatMap { ClusterUsage.place(of: $0) }
    if old == nil, new == nil { return }
    if let before, let after, old == new, before.metadata.generation == after.metadata.generation,
      !isResized(before, after)
    {
      // Only labels and deletion matter then, and only to counts.
      if counts.isEmpty || before.metadata.labels == after.metadata.labels && !isLeavingNow(before, after) { return }
    }
    if let old, let before { add(before, to: old, -1, store) }
    if let new, let after { add(after, to: new, 1, store) }
  }

  /// What the node tells of a resized pod is counted, too.
  private func isResized(_ before: Pod, _ after: Pod) -> Bool {
    guard (after.metadata.generation ?? 0) > 1 else { return false }
    return before.countedAsResized.spec.tree != after.countedAsResized.spec.tree
  }

  private func isLeavingNow(_ before: Pod, _ after: Pod) -> Bool {
    before.metadata.deletionTimestamp == nil && after.metadata.deletionTimestamp != nil
  }

  private mutating func nominate(_ key: ObjectKey, from before: Pod?, to after: Pod?) {
    let (old, new) = (before.flatMap { ClusterUsage.nomination(of: $0) }, after.flatMap { ClusterUsage.nomination(of: $0) })
    if old == new { return }
    if let old {
      nominations[old]?.removeAll { $0 == key }
      if nominations[old]?.isEmpty == true { nominations[old] = nil }
    }
    if let new { nominations[new] = ((nominations[new] ?? []).filter { $0 != key } + [key]).sorted() }
  }

  private static func nomination(of pod: Pod) -> String? {
    guard let node = pod.status.nominatedNodeName, !node.isEmpty, (pod.spec.nodeName ?? "").isEmpty,
      pod.metadata.deletionTimestamp == nil, !pod.isOver
    else { return nil }
    return node
  }

  /// The node that a pod takes room on; nil for pods without one and for those that are over.
  static func place(of pod: Pod) -> String? {
    guard let node = pod.spec.nodeName, !node.isEmpty, !pod.isOver else { return nil }
    return node
  }

  /// - Parameter sign: 1 puts the pod there, -1 takes it away.
  mutating func add(_ pod: Pod, to node: String, _ sign: Int, _ store: Store) {
    let place = reserve(node)
    usages[place].add(PodRequest(pod.countedAsResized), ClusterUsage.hostPorts(of: pod), sign)
    release(node, place)
    if let owner = OwnedPods.controller(of: pod.metadata)?.uid {
      ClusterUsage.count(&owners[owner, default: [:]], place, sign)
      if owners[owner]?.isEmpty == true { owners[owner] = nil }
    }
    ClusterUsage.count(&priorities, pod.spec.priority ?? 0, sign)
    for claim in ClusterUsage.claims(of: pod) { ClusterUsage.count(&claims, claim, sign) }
    if !counts.isEmpty { counts.add(pod, on: node, sign, store) }
    let terms = NeighbourTerms(pod)
    if terms.isEmpty { return }
    for term in terms.antiAffinity { refusals.add(.init(term: term, weight: 0), on: node, sign) }
    for term in terms.affinity { preferences.add(.init(term: term, weight: 1), on: node, sign) }
    for term in terms.preferred { preferences.add(term, on: node, sign) }
  }

  fileprivate static func count<Item: Hashable>(_ counts: inout [Item: Int], _ item: Item, _ sign: Int) {
    let count = counts[item, default: 0] + sign
    counts[item] = count > 0 ? count : nil
  }

  static func claims(of pod: Pod) -> [ObjectKey] {
    var claims: [ObjectKey] = []
    for volume in pod.tree[.spec][.volumes].elements {
      guard let name = volume[.persistentVolumeClaim][.claimName].string ?? ephemeral(volume, pod) else { continue }
      claims.append(ObjectKey(.persistentVolumeClaims, namespace: pod.metadata.namespace ?? "", name))
    }
    return claims
  }

  private static func ephemeral(_ volume: JSON, _ pod: Pod) -> String? {
    guard volume[.ephemeral].isObject else { return nil }
    return EphemeralClaim.name(volume[.name].string ?? "", ofPod: pod.metadata.name ?? "")
  }

  static func hostPorts(of pod: Pod) -> [HostPort] {
    var taken: [HostPort] = []
    func add(_ container: JSON) {
      for port in container[.ports].elements {
        guard let number = port[.hostPort].int, number > 0 else { continue }
        let (address, transport) = (port[.hostIP].string ?? "0.0.0.0", port[.protocol].string ?? "TCP")
        taken.append(HostPort(address: address, port: number, transport: transport))
      }
    }
    for container in pod.tree[.spec][.containers].elements { add(container) }
    for container in pod.tree[.spec][.initContainers].elements where container[.restartPolicy].isText("Always") { add(container) }
    return taken
  }
}
