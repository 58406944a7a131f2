import CoreNode
import EdgeLinux
import Glibc

/// Who a container's process is, from its securityContext, the image's USER, and the image's /etc/passwd and /etc/group.
struct ContainerUser: Sendable, Equatable {
  var user = 0
  var group = 0
  var additionalGroups: [Int] = []

  init() {}

  /// - Throws: `ContainerError.configuration`.
  init(_ security: SecuritySpec, image: String, fsGroup: Int?, root: String) throws {
    let parts = image.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let passwd = ContainerUser.records("etc/passwd", root)
    let groups = ContainerUser.records("etc/group", root)
    var name: String?
    if let user = security.user {
      self.user = user
    } else if let text = parts.first, !text.isEmpty {
      if let number = Int(text) {
        user = number
      } else {
        guard let record = passwd.first(where: { $0[0] == text }), record.count > 3, let number = Int(record[2]) else {
          throw ContainerError.configuration("the image's user \"\(text)\" is not in its /etc/passwd")
        }
        user = number
      }
    }
    if let record = passwd.first(where: { $0.count > 3 && Int($0[2]) == user }) {
      name = record[0]
      group = Int(record[3]) ?? 0
    }
    if security.user == nil, parts.count > 1 {
      guard let number = Int(parts[1]) ?? groups.first(where: { $0.count > 2 && $0[0] == parts[1] }).flatMap({ Int($0[2]) })
      else {
        throw ContainerError.configuration("the image's group \"\(parts[1])\" is not in its /etc/group")
      }
      group = number
    }
    if let given = security.group { group = given }
    // The primary one is among them, as containerd does it.
    var all = Set(security.supplementalGroups + [group])
    if let fsGroup { all.insert(fsGroup) }
    for record in groups where !security.onlySupplementalGroups && record.count > 3 {
      if let name, record[3].split(separator: ",").contains(Substring(name)), let number = Int(record[2]) { all.insert(number) }
    }
    additionalGroups = all.sorted()
    if security.runAsNonRoot, let name = parts.first, security.user == nil, !name.isEmpty, Int(name) == nil {
      throw ContainerError.configuration(
        "the container must not run as root (runAsNonRoot), and its image's user \(name) is no number")
    }
    if security.runAsNonRoot, user == 0 {
      throw ContainerError.configuration("the container must not run as root (runAsNonRoot), but its user is 0")
    }
  }

  /// Lines of fields between colons. The image's links lead nowhere outside of it.
  private static func records(_ path: String, _ root: String) -> [[String]] {
    guard let file = try? Descriptor.directory(root).open(within: path, O_RDONLY | O_NONBLOCK),
      let bytes = try? Files.read(file, path: path, limit: 1 << 20)
    else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
