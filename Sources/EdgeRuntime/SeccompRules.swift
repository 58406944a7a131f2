import CoreNode
import CoreObjects
import EdgeLinux
import Synchronization

/// Which system calls a container may make: an allow-list in the format that podman and docker share, whose rules depend on the
/// machine's architecture and the container's capabilities.
/// Source: containers/common v0.50.1, pkg/seccomp/types.go (fields) and seccomp_linux.go (meaning).
struct SeccompRules: Sendable {
  /// Podman's own, of which Debian's package golang-github-containers-common had a copy when this program was built.
  static let shipped: SeccompRules = {
    do { return SeccompRules(try JSONParser.parse(ShippedFiles.seccompProfile)) } catch {
      fatalError("the built-in seccomp profile: \(error)")
    }
  }()

  /// Its name in the profile's rules and in its list of architectures.
  struct Architecture {
    var short: String
    var long: String

    #if arch(x86_64)
      static let native = Architecture(short: "amd64", long: "SCMP_ARCH_X86_64")
    #else
      static let native = Architecture(short: "arm64", long: "SCMP_ARCH_AARCH64")
    #endif
  }

  private let profile: JSON

  init(_ profile: JSON) { self.profile = profile }

  private static func isConfined(_ security: SecuritySpec) -> Bool { !security.privileged && security.seccomp == .runtimeDefault }

  /// Where profiles of type Localhost are, as with a kubelet.
  static let directory = "/var/lib/kubelet/seccomp"

  /// What confines a container; null for one that is privileged or unconfined.
  /// - Throws: `ContainerError.creation` where its own profile cannot be read
  static func tree(for security: SecuritySpec, capabilities: [String]) throws(ContainerError) -> JSON {
    if isConfined(security) { return shipped.tree(capabilities: Set(capabilities)) }
    guard case .localhost(let name) = security.seccomp, !security.privileged else { return .null }
    do {
      let profile = try JSONParser.parse(try Files.read(directory + "/" + name, limit: 1 << 20))
      var tree = SeccompRules(profile).tree(capabilities: Set(capabilities))
      for key in ["architectures", "flags"] as [Key] where !profile[key].isNull { tree.put(key, profile[key]) }
      return tree
    } catch { throw .creation("cannot load seccomp profile \"\(directory)/\(name)\": \(error)") }
  }

  /// Filters that crun has made of the profile, by capabilities, in base64. Making one takes it 10 ms, a third of a pod's start.
  private static let filters = Mutex<[[String]: String]>([:])

  /// Annotations that hand crun the filter which it made for an earlier container; one that does not know them makes it again.
  /// Source: crun 1.8.1, crun.1, run.oci.seccomp_bpf_data.
  static func annotations(for security: SecuritySpec, capabilities: [String]) -> JSON {
    guard isConfined(security), let filter = filters.withLock({ $0[capabilities] }) else { return .null }
    return ["run.oci.seccomp_bpf_data": .string(filter)]
  }

  /// Keeps what crun made for a container that runs; only some sets of capabilities are that usual.
  static func keepFilter(_ file: String, for security: SecuritySpec, capabilities: [String]) {
    guard isConfined(security), filters.withLock({ $0[capabilities] == nil && $0.count < 64 }),
      let bytes = try? Files.read(file), !bytes.isEmpty
    else { return }
    filters.withLock { $0[capabilities] = Base64.encode(bytes) }
  }

  /// `linux.seccomp` of the OCI runtime specification.
  /// - Parameter capabilities: "CAP_…".
  func tree(capabilities: Set<String>, on architecture: Architecture = .native) -> JSON {
    let known = profile["archMap"].elements.first { $0["architecture"].isText(architecture.long) }
    let rules = profile["syscalls"].elements.filter { rule in
      SeccompRules.includes(rule["includes"], capabilities, architecture)
        && !SeccompRules.excludes(rule["excludes"], capabilities, architecture)
    }
    let tree: JSON = [
      "defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"],
      "architectures": .array([.string(architecture.long)] + (known?["subArchitectures"].elements ?? [])),
      "syscalls": .array(rules.map(SeccompRules.rule)),
    ]
    return tree.withoutNulls
  }

  /// All capabilities of the condition, and one of its architectures.
  private static func includes(_ condition: JSON, _ capabilities: Set<String>, _ architecture: Architecture) -> Bool {
    let architectures = condition["arches"].elements
    return condition["caps"].elements.allSatisfy { capabilities.contains($0.string ?? "") }
      && (architectures.isEmpty || architectures.contains { $0.isText(architecture.short) })
  }

  /// One of the condition's capabilities or architectures is enough.
  private static func excludes(_ condition: JSON, _ capabilities: Set<String>, _ architecture: Architecture) -> Bool {
    condition["caps"].elements.contains { capabilities.contains($0.string ?? "") }
      || condition["arches"].elements.contains { $0.isText(architecture.short) }
  }

  private static func rule(_ rule: JSON) -> JSON {
    let isNamed = ["names", "action", "errnoRet", "args"]
    return .object(rule.members.filter { isNamed.contains($0.key.name) && !$0.value.isNull })
  }
}
