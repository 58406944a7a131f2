import CoreObjects

struct VolumeFailure: Error { var message: String }

/// What a pod's volumes are made of: files that the core resolves, directories that the node makes.
struct VolumeResolver {
  let runtime: PodRuntime
  let context: NodeContext
  /// False: tokens that were written stay as they are.
  var issuesTokens = true

  private var namespace: String { runtime.key.namespace }

  func volumes() throws(VolumeFailure) -> [VolumeSpec] {
    var result: [VolumeSpec] = []
    for volume in runtime.pod.spec.volumes {
      let name = volume.name ?? ""
      // It comes with each container that mounts it.
      if !volume.image.isAbsent { continue }
      let claim = volume.persistentVolumeClaim.claimName ?? EphemeralClaim(volume, ofPod: runtime.key.name)?.name
      do throws(VolumeFailure) { result.append(VolumeSpec(name: name, source: try source(of: volume), claim: claim)) } catch {
        throw VolumeFailure(message: "MountVolume.SetUp failed for volume \"\(name)\": \(error.message)")
      }
    }
    return result
  }

  /// When projected tokens are due to be renewed: after 80 % of the shortest life. Source: pkg/kubelet/token, v1.36.
  var refreshAt: Instant? {
    var shortest: Int?
    for volume in runtime.pod.spec.volumes {
      for source in volume.projected.sources where !source.serviceAccountToken.isAbsent {
        shortest = min(shortest ?? Int.max, source.serviceAccountToken.expirationSeconds ?? 3600)
      }
    }
    return shortest.map { context.now + .seconds($0 * 8 / 10) }
  }

  private func source(of volume: Volume) throws(VolumeFailure) -> VolumeSource {
    if !volume.configMap.isAbsent {
      let map = volume.configMap
      return .files(
        try configMap(map.name ?? "", items: map.items, mode: map.defaultMode ?? 0o644, optional: map.optional ?? false))
    }
    if !volume.secret.isAbsent {
      let secret = volume.secret
      return .files(
        try self.secret(
          secret.secretName ?? "", items: secret.items, mode: secret.defaultMode ?? 0o644, optional: secret.optional ?? false))
    }
    if !volume.projected.isAbsent { return .files(try projected(volume)) }
    if !volume.downwardAPI.isAbsent {
      return .files(try downward(volume.downwardAPI.items, mode: volume.downwardAPI.defaultMode ?? 0o644))
    }
    if !volume.hostPath.isAbsent { return .hostPath(path: volume.hostPath.path ?? "", type: volume.hostPath.type ?? "") }
    if let name = volume.persistentVolumeClaim.claimName {
      return try claim(name, readOnly: volume.persistentVolumeClaim.readOnly ?? false)
    }
    if let own = EphemeralClaim(volume, ofPod: runtime.key.name) { return try claim(own.name, readOnly: false, isOwn: true) }
    if !volume.emptyDir.isAbsent || volume.tree.members.count == 1 {
      let (isMemory, limit) = (volume.emptyDir.medium == "Memory", volume.emptyDir.sizeLimit.flatMap { Quantity($0) }?.value)
      return .emptyDir(memory: isMemory, sizeLimitBytes: isMemory ? ([limit].compactMap { $0 } + memoryBounds).min() : limit)
    }
    let kind = volume.tree.members.first { $0.key != .name }?.key.name ?? ""
    throw VolumeFailure(message: "it is of type \(kind), which nodes of this cluster do not mount")
  }

  /// What a volume in memory cannot hold more than: the pod's memory and its node's.
  /// Source: calculateEmptyDirMemorySize, pkg/volume/emptydir/empty_dir.go, v1.36.
  private var memoryBounds: [Int64] {
    let node = context.store.get(.nodes, runtime.node)?.view(Node.self).status.allocatable[.memory].flatMap { Quantity($0) }
    return [PodResources(runtime.pod).memoryLimitBytes, node?.value].compactMap { $0 }
  }

  private func claim(_ name: String, readOnly: Bool, isOwn: Bool = false) throws(VolumeFailure) -> VolumeSource {
    guard let claim = context.store.get(.persistentVolumeClaims, namespace: namespace, name)?.view(PersistentVolumeClaim.self)
    else {
      throw VolumeFailure(message: "persistentvolumeclaim \"\(name)\" not found")
    }
    if isOwn, let problem = EphemeralClaim.problem(claim.metadata, ofPod: runtime.key.name, uid: runtime.uid) {
      throw VolumeFailure(message: problem)
    }
    if claim.spec.volumeMode == "Block" {
      throw VolumeFailure(message: "persistentvolumeclaim \"\(name)\" is of volumeMode Block: there are no block devices here")
    }
    guard claim.status.phase == "Bound", let volume = claim.spec.volumeName else {
      throw VolumeFailure(message: "persistentvolumeclaim \"\(name)\" is not bound yet")
    }
    guard let stored = context.store.get(.persistentVolumes, volume) else {
      throw VolumeFailure(message: "persistentvolume \"\(volume)\" of claim \"\(name)\" not found")
    }
    let spec = stored.view(PersistentVolume.self).spec
    let isOurs = stored.metadata.annotations["pv.kubernetes.io/provisioned-by"] != nil
    if !isOurs, let path = spec.hostPath.path { return .hostPath(path: path, type: spec.hostPath.type ?? "") }
    if !isOurs, let path = spec.local.path { return .hostPath(path: path, type: "Directory") }
    let others: [Key] = [.capacity, .claimRef, .nodeAffinity]
    if !isOurs, let kind = spec.tree.members.first(where: { $0.value.isObject && !others.contains($0.key) })?.key.name {
      throw VolumeFailure(
        message: "persistentvolume \"\(volume)\" is of type \(kind), which nodes of this cluster do not mount")
    }
    return .persistent(volumeName: volume, readOnly: readOnly)
  }

  private func configMap(
    _ name: String, items: List<KeyToPath>, mode: Int, optional: Bool
  ) throws(VolumeFailure) -> [VolumeFile] {
    guard let stored = context.store.get(.configMaps, namespace: namespace, name) else {
      if optional { return [] }
      throw VolumeFailure(message: "configmap \"\(name)\" not found")
    }
    let map = stored.view(ConfigMap.self)
    var contents = map.data.sorted.map { ($0.name, Array($0.value.utf8)) }
    contents += map.binaryData.sorted.map { ($0.name, Base64.decode($0.value) ?? []) }
    return try select(contents, items, mode, optional, "configmap \"\(name)\"")
  }

  private func secret(_ name: String, items: List<KeyToPath>, mode: Int, optional: Bool) throws(VolumeFailure) -> [VolumeFile] {
    guard let stored = context.store.get(.secrets, namespace: namespace, name) else {
      if optional { return [] }
      throw VolumeFailure(message: "secret \"\(name)\" not found")
    }
    let contents = stored.view(Secret.self).data.sorted.map { ($0.name, Base64.decode($0.value) ?? []) }
    return try select(contents, items, mode, optional, "secret \"\(name)\"")
  }

  private func select(
    _ contents: [(String, [UInt8])], _ items: List<KeyToPath>, _ mode: Int, _ optional: Bool, _ what: String
  ) throws(VolumeFailure) -> [VolumeFile] {
    if items.isEmpty {
      return contents.sorted { $0.0 < $1.0 }.map { VolumeFile(path: $0.0, content: $0.1, mode: mode) }
    }
    var files: [VolumeFile] = []
    for item in items {
      guard let found = contents.first(where: { $0.0 == item.key }) else {
        if optional { continue }
        throw VolumeFailure(message: "\(what) has no key \"\(item.key ?? "")\"")
      }
      files.append(VolumeFile(path: item.path ?? found.0, content: found.1, mode: item.mode ?? mode))
    }
    return files
  }

  private func downward(_ items: List<DownwardAPIVolumeFile>, mode: Int) throws(VolumeFailure) -> [VolumeFile] {
    var files: [VolumeFile] = []
    for item in items {
      let text =
        if let path = item.fieldRef.fieldPath {
          DownwardAPI.field(path, of: runtime, context.store)
        } else {
          DownwardAPI.resource(
            item.resourceFieldRef.resource ?? "", divisor: item.resourceFieldRef.divisor, of: runtime.allocatedPod,
            container: item.resourceFieldRef.containerName, context.store.get(.nodes, runtime.node)?.view(Node.self))
        }
      guard let text else { throw VolumeFailure(message: "the downward API has no field for \"\(item.path ?? "")\"") }
      files.append(VolumeFile(path: item.path ?? "", content: Array(text.utf8), mode: item.mode ?? mode))
    }
    return files
  }

  private func projected(_ volume: Volume) throws(VolumeFailure) -> [VolumeFile] {
    let mode = volume.projected.defaultMode ?? 0o644
    var files: [VolumeFile] = []
    for source in volume.projected.sources {
      if !source.configMap.isAbsent {
        files += try configMap(
          source.configMap.name ?? "", items: source.configMap.items, mode: mode, optional: source.configMap.optional ?? false)
      } else if !source.secret.isAbsent {
        files += try secret(
          source.secret.name ?? "", items: source.secret.items, mode: mode, optional: source.secret.optional ?? false)
      } else if !source.downwardAPI.isAbsent {
        files += try downward(source.downwardAPI.items, mode: mode)
      } else if !source.serviceAccountToken.isAbsent {
        files.append(try token(source.serviceAccountToken, in: volume.name ?? "", mode: mode))
      }
    }
    return files
  }

  private func token(_ wanted: ServiceAccountTokenProjection, in volume: String, mode: Int) throws(VolumeFailure) -> VolumeFile {
    let path = wanted.path ?? "token"
    if !issuesTokens, let old = runtime.writtenFiles[volume]?.first(where: { $0.path == path }) { return old }
    let order = TokenOrder(
      namespace: namespace, serviceAccount: runtime.pod.spec.serviceAccountName ?? "default", audience: wanted.audience ?? "",
      expirationSeconds: wanted.expirationSeconds ?? 3600, podName: runtime.key.name, podUID: runtime.uid)
    guard let text = context.issueToken(order) else {
      throw VolumeFailure(message: "no token can be made for serviceaccount \"\(order.serviceAccount)\"")
    }
    var file = VolumeFile(path: path, content: Array(text.utf8), mode: mode)
    // Who is to read it is known then; to the group its right to read is added with all other files'.
    file.owner = commonUser
    if file.owner != nil || runtime.pod.spec.securityContext.fsGroup != nil { file.mode = 0o600 }
    return file
  }

  /// The user that all containers run as; nil where they do not say so. Source: FsUserFrom, pkg/volume/util/util.go, v1.36.
  private var commonUser: Int? {
    let spec = runtime.pod.spec
    let users = (Array(spec.initContainers) + Array(spec.containers)).map {
      $0.securityContext.runAsUser ?? spec.securityContext.runAsUser
    }
    return Set(users).count == 1 ? users[0] : nil
  }
}
