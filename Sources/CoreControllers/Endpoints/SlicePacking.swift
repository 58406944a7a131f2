import CoreObjects

/// Spreads endpoints over slices so that few of them change: what is there stays in its slice, new endpoints fill slices that are
/// written anyway, then the one with the fittest room, then new ones. Source: reconcileByPortMapping, k8s.io/endpointslice, v0.36.
struct SlicePacking {
  /// Endpoints of a slice at the most. Source: MaxEndpointsPerSlice, k8s.io/endpointslice controller's default, v1.36.
  static let capacity = 100

  /// Endpoints that offer the same ports, each with what identifies it.
  struct Group {
    var ports: JSON
    var addressType: String
    var endpoints: [(id: String, endpoint: JSON)]
  }
  private struct Slice {
    var stored: StoredObject
    var endpoints: [JSON]
    var isChanged = false
  }

  let owner: StoredObject
  let store: Store
  let labels: TextMap
  let annotations: TextMap

  /// Writes the groups over the slices that are there; those that none needs go.
  func write(_ groups: [Group], over present: [StoredObject], failed: EventDraft, into plan: inout Plan) {
    var left = present
    var names = PodNames(owner, store)
    for group in groups {
      let isOf = { (slice: StoredObject) in
        slice.tree[.addressType].string == group.addressType && slice.tree[.ports].elements == group.ports.elements
      }
      let own = left.filter(isOf)
      left.removeAll(where: isOf)
      let (slices, rest) = pack(group, own)
      var isServed = false
      for slice in slices {
        // The last slice stays even if it is empty.
        let isNeeded = !slice.endpoints.isEmpty || (group.endpoints.isEmpty && !isServed)
        isServed = isServed || isNeeded
        if isNeeded { update(slice, failed, &plan) } else { delete(slice.stored, &plan) }
      }
      var start = 0
      while start < rest.count || !isServed {
        let end = min(start + SlicePacking.capacity, rest.count)
        create(group, Array(rest[start..<end]), names.next(owner.key.name + "-", .endpointSlices), failed, &plan)
        start = end
        isServed = true
      }
    }
    for slice in left { delete(slice, &plan) }
  }

  /// The slices of a group as they should be, and what has no place in them.
  private func pack(_ group: Group, _ own: [StoredObject]) -> (slices: [Slice], rest: [JSON]) {
    var wanted: [String: JSON] = [:]
    for (id, endpoint) in group.endpoints { wanted[id] = endpoint }
    var slices = own.map { stored in
      var slice = Slice(stored: stored, endpoints: [])
      for old in stored.tree[.endpoints].elements {
        let id = old[.targetRef][.uid].string ?? old[.addresses][0].string ?? ""
        guard let endpoint = wanted.removeValue(forKey: id) else {
          slice.isChanged = true
          continue
        }
        if endpoint != old { slice.isChanged = true }
        slice.endpoints.append(endpoint)
      }
      return slice
    }
    var rest = group.endpoints.filter { wanted[$0.id] != nil }.map(\.endpoint)[...]
    for place in slices.indices where slices[place].isChanged {
      let room = max(0, SlicePacking.capacity - slices[place].endpoints.count)
      slices[place].endpoints += rest.prefix(room)
      rest = rest.dropFirst(room)
    }
    let fitting = slices.indices.filter { slices[$0].endpoints.count + rest.count <= SlicePacking.capacity }
    if !rest.isEmpty, let place = fitting.max(by: { slices[$0].endpoints.count < slices[$1].endpoints.count }) {
      slices[place].endpoints += rest
      slices[place].isChanged = true
      rest = []
    }
    return (slices, Array(rest))
  }

  private func update(_ slice: Slice, _ failed: EventDraft, _ plan: inout Plan) {
    let metadata = slice.stored.metadata
    let isMarked = metadata.labels == labels && (annotations.isEmpty || metadata.annotations == annotations)
    if !slice.isChanged, isMarked { return }
    var tree = slice.stored.tree
    tree.put(.endpoints, .array(slice.endpoints))
    tree[.metadata].put(.labels, labels.tree)
    if !annotations.isEmpty { tree[.metadata].put(.annotations, annotations.tree) }
    plan.changes.append(Change(.update(.endpointSlices, tree: tree), failed: failed, tolerated: Change.untilGone))
  }

  private func delete(_ slice: StoredObject, _ plan: inout Plan) {
    plan.changes.append(.delete(slice))
  }

  private func create(_ group: Group, _ endpoints: [JSON], _ name: String, _ failed: EventDraft, _ plan: inout Plan) {
    var metadata = ObjectMeta()
    metadata.name = name
    metadata.generateName = owner.key.name + "-"
    metadata.namespace = owner.key.namespace
    metadata.labels = labels
    if !annotations.isEmpty { metadata.annotations = annotations }
    metadata.ownerReferences = List([OwnedPods.reference(to: owner.tree)])
    let tree: JSON = [
      "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata.tree,
      "addressType": .string(group.addressType), "endpoints": .array(endpoints), "ports": group.ports,
    ]
    plan.changes.append(
      Change(
        .create(.endpointSlices, namespace: owner.key.namespace, tree: tree), failed: failed,
        tolerated: [.alreadyExists, .forbidden]))
  }
}
