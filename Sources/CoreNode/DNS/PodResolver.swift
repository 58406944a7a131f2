import CoreObjects

/// How a pod's programs look names up. Source: GetPodDNS, pkg/kubelet/network/dns/dns.go, v1.36.
struct PodResolver {
  private static let serverLimit = 3
  private static let searchLimit = 32
  private static let searchNameBytes = 253
  private static let searchLineBytes = 2048

  private(set) var spec: DNSSpec
  /// What was left out, as messages of events.
  private(set) var problems: [String] = []

  /// - Parameters:
  ///   - host: what the node's own file says.
  ///   - server: the address of the cluster's DNS; nil where there is none.
  init(_ pod: Pod, namespace: String, host: DNSSpec, server: String?) {
    spec = host
    if let server { PodResolver.reach(&spec.servers, by: server) }
    let policy = pod.spec.dnsPolicy ?? "ClusterFirst"
    let isOfCluster = policy == "ClusterFirst" && pod.spec.hostNetwork != true || policy == "ClusterFirstWithHostNet"
    if policy == "None" {
      spec = DNSSpec()
    } else if isOfCluster, let server {
      let domain = ClusterZone.domain
      spec.servers = [server]
      spec.searches = PodResolver.once(["\(namespace).svc.\(domain)", "svc.\(domain)", domain] + host.searches)
      spec.options = ["ndots:5"]
    }
    let more = pod.spec.dnsConfig
    if !more.isAbsent {
      spec.servers = PodResolver.once(spec.servers + more.nameservers.values)
      spec.searches = PodResolver.once(spec.searches + more.searches.values)
      spec.options = DNSSpec.merged(
        spec.options, with: more.options.map { option in (option.name ?? "") + (option.value.map { ":" + $0 } ?? "") })
    }
    limitServers()
    limitSearches()
  }

  /// What listens on the host's own loopback is nowhere in a pod's network, but the cluster's DNS asks it: kind does so, too.
  private static func reach(_ servers: inout [String], by server: String) {
    servers = once(servers.map { $0.hasPrefix("127.") || $0 == "::1" ? server : $0 })
  }

  private static func once(_ names: [String]) -> [String] {
    var known: Set<String> = []
    return names.filter { known.insert($0).inserted }
  }

  private mutating func limitServers() {
    if spec.servers.count <= PodResolver.serverLimit { return }
    spec.servers = Array(spec.servers.prefix(PodResolver.serverLimit))
    problems.append(
      "more than \(PodResolver.serverLimit) name servers: the pod has only these: \(spec.servers.joined(separator: " "))")
  }

  private mutating func limitSearches() {
    let all = spec.searches
    spec.searches = all.prefix(PodResolver.searchLimit).filter { $0.utf8.count <= PodResolver.searchNameBytes }
    while spec.searches.joined(separator: " ").utf8.count > PodResolver.searchLineBytes { spec.searches.removeLast() }
    if spec.searches == all { return }
    problems.append(
      "search domains beyond \(PodResolver.searchLimit), \(PodResolver.searchNameBytes) bytes each or \(PodResolver.searchLineBytes)"
        + " bytes in all: the pod has only these: \(spec.searches.joined(separator: " "))")
  }
}
