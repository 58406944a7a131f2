import CoreObjects
import Testing

@testable import CoreNode
@testable import EdgeRuntime

@Suite struct SeccompRulesTests {
  private let intel = SeccompRules.Architecture(short: "amd64", long: "SCMP_ARCH_X86_64")
  private let arm = SeccompRules.Architecture(short: "arm64", long: "SCMP_ARCH_AARCH64")
  private let planted = SeccompRules([
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS",
    "archMap": [
      ["architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]],
      ["architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_S390"]],
    ],
    "syscalls": [
      ["names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "comment": "of no use", "includes": [:], "excludes": [:]],
      ["names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": ["arches": ["amd64", "x32"]]],
      ["names": ["cacheflush"], "action": "SCMP_ACT_ALLOW", "excludes": ["arches": ["amd64"]]],
      ["names": ["both"], "action": "SCMP_ACT_ALLOW", "includes": ["caps": ["CAP_A", "CAP_B"]]],
      [
        "names": ["either"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "errno": "EPERM",
        "excludes": ["caps": ["CAP_A", "CAP_B"]],
      ],
    ],
  ])

  private func names(_ capabilities: Set<String>, _ architecture: SeccompRules.Architecture) -> [String] {
    planted.tree(capabilities: capabilities, on: architecture)["syscalls"].elements.compactMap { $0["names"][0].string }
  }

  @Test("a rule holds with all capabilities that it includes, and with none that it excludes")
  func capabilities() {
    #expect(names([], intel) == ["read", "arch_prctl", "either"])
    #expect(names(["CAP_A"], intel) == ["read", "arch_prctl"])
    #expect(names(["CAP_B", "CAP_C"], intel) == ["read", "arch_prctl"])
    #expect(names(["CAP_A", "CAP_B"], intel) == ["read", "arch_prctl", "both"])
  }

  @Test("a rule holds on the architectures that it includes, and not on those that it excludes")
  func architectures() {
    #expect(names([], arm) == ["read", "cacheflush", "either"])
    #expect(planted.tree(capabilities: [], on: intel)["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
    #expect(planted.tree(capabilities: [], on: arm)["architectures"] == ["SCMP_ARCH_AARCH64"])
  }

  @Test("only what the runtime's specification knows is handed on")
  func fields() {
    let tree = planted.tree(capabilities: [], on: intel)
    #expect(tree.members.map(\.key.name) == ["defaultAction", "defaultErrnoRet", "architectures", "syscalls"])
    #expect(tree["syscalls"][0] == ["names": ["read"], "action": "SCMP_ACT_ALLOW", "args": []])
    #expect(tree["syscalls"][2] == ["names": ["either"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1])
  }

  @Test("a container is confined unless it is privileged or asks not to be")
  func confined() throws {
    var security = SecuritySpec()
    #expect(try !SeccompRules.tree(for: security, capabilities: []).isNull)
    security.seccomp = .unconfined
    #expect(try SeccompRules.tree(for: security, capabilities: []).isNull)
    security.seccomp = .localhost("no/such/profile.json")
    #expect(throws: ContainerError.self) { try SeccompRules.tree(for: security, capabilities: []) }
    security.privileged = true
    #expect(try SeccompRules.tree(for: security, capabilities: []).isNull)
  }

  @Test("the profile that is part of the program allows what it names, and nothing else")
  func shipped() {
    let tree = SeccompRules.shipped.tree(capabilities: ["CAP_CHOWN"])
    #expect(tree["defaultAction"] == "SCMP_ACT_ERRNO")
    let allowed = tree["syscalls"].elements.filter { $0["action"] == "SCMP_ACT_ALLOW" && $0["args"].elements.isEmpty }
      .flatMap { $0["names"].elements.compactMap(\.string) }
    #expect(allowed.count > 300 && allowed.contains("openat"))
    for denied in ["add_key", "bpf", "kexec_load", "init_module", "swapoff", "sethostname"] { #expect(!allowed.contains(denied)) }
  }
}
