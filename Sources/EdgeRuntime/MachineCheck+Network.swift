import CoreNode
import CoreObjects
import EdgeLinux

extension MachineCheck {
  /// The rules of a cluster with one Service, in a network of their own.
  static func lookAtRules() async -> Finding {
    let route = Route(
      frontend: Route.Frontend(address: "10.96.0.2", protocol: "tcp", port: 80),
      backends: [Route.Backend(address: "10.244.0.2", port: 80), Route.Backend(address: "10.244.0.3", port: 80)],
      affinitySeconds: 10)
    var rules = RouteRules()
    let update = rules.replace([OwnedRoutes(owner: ObjectKey(.services, namespace: "default", "doctor"), routes: [route])])
    let script = RouteRules.base(nodes: 1) + update.script
    do {
      try await NetworkTools(try NetworkNamespace()).filter(script)
      return .fine("the kernel takes the rules of Services")
    } catch {
      return .missing("\(error)", advice: "apt-get install nftables, and a kernel with nf_tables, nft_nat, nft_masq, nft_numgen")
    }
  }

  static func lookAtForwarding(_ machine: NetworkTools = NetworkTools(nil)) async -> Finding {
    do {
      var survey = try await HostLink.survey(machine)
      for choice in 1..<ClusterAddresses.choices where !survey.unreached.isEmpty {
        survey = try await HostLink.survey(machine, ClusterAddresses(choice: choice))
      }
      var limits = survey.unreached.map {
        "\($0.range) is in use here (\($0.route)): this machine does not reach it in a cluster"
      }
      limits += survey.droppingChains.map { "\($0) drops what it has no rule for" }
      if survey.link == nil { limits.append("\(NetworkError.noLink)") }
      if limits.isEmpty { return .fine("pods can have a way out, and this machine one to them") }
      return .limited(limits.joined(separator: "; "), advice: "what 'up' prints, or --isolated")
    } catch { return .missing("\(error)", advice: "apt-get install iproute2; or --isolated") }
  }

  /// - Parameter file: resolv.conf
  static func lookAtResolvers(_ file: String) -> Finding {
    let servers = DNSSpec(file: file).servers
    if servers.isEmpty { return .limited("/etc/resolv.conf names no server", advice: "pods find no names but the cluster's") }
    return .fine(servers.joined(separator: ", "))
  }
}
