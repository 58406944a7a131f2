import EdgeLinux
import Foundation
import TestMachine
import Testing

@Suite("What is mounted or waited for has one owner")
struct OwnershipTests {
  @Test("a mount goes with its owner", .enabled(if: Requirement.met(.root), "needs root"))
  func mount() throws {
    let directory = NSTemporaryDirectory() + "mounts-" + UUID().uuidString
    try Files.makeDirectories(directory)
    defer { try? Files.remove(directory) }
    let seen = try PosixThread.result { () throws(SystemError) in
      try MountNamespace.enterPrivate()
      let isMounted = { ((try? Files.readText("/proc/thread-self/mountinfo")) ?? "").contains(directory) }
      var mounts: Mounts? = Mounts()
      try mounts?.tmpfs(at: directory, options: "")
      let before = isMounted()
      mounts = nil
      return [before, isMounted()]
    }
    #expect(seen == [true, false])
  }

  @Test("a wait ends when its task is cancelled, and at once where the kernel cannot tell")
  func wait() async throws {
    let (reader, writer) = try Descriptor.pipe()
    // The cancellation comes before the wait, while it begins, or after it: a hundred tries meet each.
    for _ in 0..<100 {
      let waiting = Task { try await Readiness.shared.wait(for: reader, writing: false) }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
    }
    try await Readiness.shared.wait(for: try Descriptor.memory([1]), writing: false)
    try await writer.write([1])
    try await Readiness.shared.wait(for: reader, writing: false)
    #expect(try reader.readNow() == [1])
    await #expect(throws: SystemError("wait", "the pipe", code: ETIMEDOUT)) {
      try await Readiness.shared.wait(for: reader, writing: false, timeout: .milliseconds(10), what: "the pipe")
    }
  }
}
