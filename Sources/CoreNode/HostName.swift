import CoreObjects

/// What a pod's programs are told that their host is called. Source: GeneratePodHostNameAndDomain, pkg/kubelet/kubelet_pods.go, v1.36.
enum HostName {
  /// The kernel takes 64 bytes, names in DNS end at 63.
  private static let longest = 63
  private static let longestOfKernel = 64

  struct TooLong: Error { var message: String }

  /// - Returns: the name, and the whole domain for /etc/hosts; empty without a subdomain.
  static func of(_ pod: Pod, namespace: String, node: String) throws(TooLong) -> (name: String, domain: String) {
    if pod.spec.hostNetwork == true { return (cut(node), "") }
    if let name = pod.spec.hostnameOverride, !name.isEmpty { return (name, "") }
    let name = cut(pod.spec.hostname.flatMap { $0.isEmpty ? nil : $0 } ?? pod.metadata.name ?? "")
    guard let subdomain = pod.spec.subdomain, !subdomain.isEmpty else { return (name, "") }
    let domain = "\(name).\(subdomain).\(namespace).svc.cluster.local"
    if pod.spec.setHostnameAsFQDN != true { return (name, domain) }
    let length = domain.utf8.count
    if length <= longestOfKernel { return (domain, domain) }
    throw TooLong(message: "the host name \(domain) has \(length) characters, and \(longestOfKernel) are the most")
  }

  private static func cut(_ name: String) -> String {
    guard name.utf8.count > longest else { return name }
    var head = name.prefix(longest)
    while head.last == "-" || head.last == "." { head.removeLast() }
    return String(head)
  }
}
