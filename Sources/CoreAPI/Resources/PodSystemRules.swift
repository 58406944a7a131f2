import CoreObjects

/// What a pod cannot have on the system that it names. Source: validateLinux and validateWindows, pkg/apis/core/validation, v1.36.
enum PodSystemRules {
  private static let ofLinux: [Key] = [.appArmorProfile, .seLinuxOptions, .seccompProfile, .runAsUser, .runAsGroup]
  private static let ofLinuxPods: [Key] =
    ofLinux + [.fsGroup, .fsGroupChangePolicy, .sysctls, .supplementalGroups, .supplementalGroupsPolicy]
  private static let ofLinuxContainers: [Key] =
    ofLinux + [.capabilities, .readOnlyRootFilesystem, .privileged, .allowPrivilegeEscalation, .procMount]

  static func validate(_ spec: JSON, _ path: FieldPath, _ rules: inout RuleSheet) {
    let isWindows = spec[.os][.name] == "windows"
    guard isWindows || spec[.os][.name] == "linux" else { return }
    func forbid(_ keys: [Key], _ tree: JSON, _ path: FieldPath) {
      for key in keys where !tree[key].isNull { rules.refuse(.forbidden, path.child(key), nil, "is not there on this system") }
    }
    if isWindows { forbid([.hostUsers, .hostPID, .hostIPC, .shareProcessNamespace], spec, path) }
    forbid(isWindows ? ofLinuxPods : [.windowsOptions], spec[.securityContext], path.child("securityContext"))
    for list in [Key.initContainers, .containers, .ephemeralContainers] {
      for (index, container) in spec[list].elements.enumerated() {
        forbid(
          isWindows ? ofLinuxContainers : [.windowsOptions], container[.securityContext],
          path.child(list).index(index).child("securityContext"))
      }
    }
  }
}
