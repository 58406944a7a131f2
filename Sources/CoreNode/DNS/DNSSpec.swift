/// The contents of /etc/resolv.conf.
package struct DNSSpec: Sendable, Equatable, Codable {
  package var servers: [String] = []
  package var searches: [String] = []
  package var options: [String] = []
}

extension DNSSpec {
  /// As the kubelet reads the file of a node. Source: parseResolvConf, pkg/kubelet/network/dns/dns.go, v1.36.
  package init(file text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let keyword = words.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") else { continue }
      switch keyword {
      case "nameserver": servers += words.dropFirst().prefix(1)
      // The last one counts.
      case "search": searches = words.dropFirst().map { $0.count > 1 && $0.last == "." ? String($0.dropLast()) : $0 }
      case "options": options = DNSSpec.merged(options, with: Array(words.dropFirst()))
      default: break
      }
    }
  }

  /// Options by their names: the later value counts, in the place of the first.
  static func merged(_ options: [String], with others: [String]) -> [String] {
    var merged: [String] = []
    for option in options + others {
      let name = option.prefix { $0 != ":" }
      if let place = merged.firstIndex(where: { $0.prefix { $0 != ":" } == name }) {
        merged[place] = option
      } else {
        merged.append(option)
      }
    }
    return merged
  }
}
