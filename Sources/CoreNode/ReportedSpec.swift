import CoreObjects

/// What a container's status says of its spec once the container is made. Source: convertToAPIContainerStatuses,
/// pkg/kubelet/kubelet_pods.go, v1.36.
struct ReportedSpec: Sendable {
  let resources: ResourceRequirements
  let allocated: TextMap
  let mounts: [JSON]

  init(_ container: Container) {
    resources = ResourceRequirements(tree: container.resources.isAbsent ? [:] : container.resources.tree)
    allocated = container.resources.requests
    mounts = container.volumeMounts.map { mount in
      let isReadOnly = mount.readOnly == true
      // That read-only holds for what is mounted below as well is promised by no runtime here.
      return
        ([
          "name": .string(mount.name ?? ""), "mountPath": .string(mount.mountPath ?? ""),
          "readOnly": isReadOnly ? true : .null, "recursiveReadOnly": isReadOnly ? "Disabled" : .null,
        ] as JSON).withoutNulls
    }
  }
}
