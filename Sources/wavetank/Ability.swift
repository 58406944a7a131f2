import EdgeRuntime

/// What can be done with this program, and what of the machine that takes.
struct Ability {
  let name: String
  let needs: [MachineCheck]

  private static let pods: [MachineCheck] = [.root, .cgroups, .namespaces, .crun, .tools]

  static let all = [
    Ability(name: "`simulate`, `rehearse`, `tune`, `practice --simulate`, `explain fields`", needs: []),
    Ability(name: "`rehearse` and `practice` on another cluster: `--context`, `--kubeconfig`", needs: []),
    Ability(name: "`up --without-containers`: the API, kubectl, all controllers, pods that stay Pending", needs: []),
    Ability(name: "`up`: pods, their images, volumes, probes, logs, `exec`; `load`, `image`", needs: pods),
    Ability(name: "`up`: names (DNS)", needs: pods),
    Ability(name: "`up`: Services by their addresses and ports, `publish`", needs: pods + [.nftables]),
    Ability(
      name: "`up`: pods reach what the machine reaches, and the machine pods; not needed with `--isolated`",
      needs: pods + [.nftables, .forwarding]),
    Ability(name: "`practice` and `rehearse --live` with containers", needs: pods + [.nftables]),
  ]

  /// In a table: whether a user who is not root can do it.
  static var table: [String] {
    ["| What | without root |", "|---|---|"] + all.map { "| \($0.name) | \($0.needs.contains(.root) ? "no" : "yes") |" }
  }
}
