import CoreObjects

/// Kernel parameters of a pod's own namespaces. Source: pkg/kubelet/sysctl/safe_sysctls.go and allowlist.go, v1.36.
enum Sysctls {
  private static let safe: Set<String> = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
  ]

  static func wanted(_ pod: Pod) -> [EnvironmentVariable] {
    pod.spec.securityContext.sysctls.map { EnvironmentVariable(name: name($0.name ?? ""), value: $0.value ?? "") }
  }

  /// Why the pod may not have them; nil where it may.
  static func refusal(_ pod: Pod) -> String? {
    for sysctl in wanted(pod) {
      if !safe.contains(sysctl.name) { return "forbidden sysctl: \"\(sysctl.name)\" not allowlisted" }
      let isShared = sysctl.name.hasPrefix("net.") ? pod.spec.hostNetwork == true : pod.spec.hostIPC == true
      if isShared { return "forbidden sysctl: \"\(sysctl.name)\" would be the whole node's" }
    }
    return nil
  }

  /// net/ipv4/tcp_wmem is net.ipv4.tcp_wmem.
  private static func name(_ text: String) -> String {
    let separator = text.first { $0 == "." || $0 == "/" }
    return separator == "/" ? String(text.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 }) : text
  }
}
