import CoreNode
import EdgeLinux
import Foundation
import TestMachine
import Testing

@testable import EdgeRuntime

@Suite("What the machine has is found by trying it")
struct MachineCheckTests {
  @Test("all that pods need is here, and nothing is left of the tries", .enabled(if: TestNode.isPossible, "needs root and crun"))
  func machine() async throws {
    let directory = NSTemporaryDirectory() + "doctor-" + UUID().uuidString
    try Files.makeDirectories(directory)
    defer { try? Files.remove(directory) }
    let before = try traces(directory)
    for check in MachineCheck.allCases where check != .kubectl {
      let finding = await check.look(directory + "/not/there/yet")
      #expect(!finding.isMissing, "\(check.rawValue): \(finding)")
    }
    #expect(try traces(directory) == before)
  }

  private func traces(_ directory: String) throws -> [String] {
    let groups = Cgroup.mounted().flatMap { (try? Files.list($0)) ?? [] }.filter { $0.hasPrefix("wavetank-doctor") }
    return try Files.list(directory) + groups + [try Files.readText("/proc/self/mountinfo")]
  }

  @Test("capabilities that the machine cannot give are named")
  func capabilities() {
    #expect(MachineCheck.lookAtCapabilities(.max) == .fine("all that containers can ask for"))
    let without: UInt64 = .max & ~(1 << 16) & ~(1 << 24)
    #expect(
      MachineCheck.lookAtCapabilities(without)
        == .limited("none of CAP_SYS_MODULE, CAP_SYS_RESOURCE", advice: "containers that ask for them start without"))
  }

  @Test("a machine without resolvers is told of")
  func resolvers() {
    #expect(MachineCheck.lookAtResolvers("nameserver 192.0.2.1\nnameserver 192.0.2.2\n") == .fine("192.0.2.1, 192.0.2.2"))
    let none = MachineCheck.lookAtResolvers("search example.com\n")
    #expect(none == .limited("/etc/resolv.conf names no server", advice: "pods find no names but the cluster's"))
  }

  @Test("where a firewall drops what it forwards, that is told", .enabled(if: Requirement.met(.root), "needs root"))
  func firewall() async throws {
    let machine = NetworkTools(try NetworkNamespace())
    try await machine.filter("table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }\n")
    guard case .limited(let text, _) = await MachineCheck.lookAtForwarding(machine) else {
      Issue.record("it is said to be fine")
      return
    }
    #expect(text == "ip filter FORWARD drops what it has no rule for")
  }
}
