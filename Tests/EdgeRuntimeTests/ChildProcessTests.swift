import CLinux
import EdgeLinux
import Glibc
import TestMachine
import Testing

@Suite("A program that is started")
struct ChildProcessTests {
  @Test("starts while two thousand descriptors are open, and has none of them")
  func manyDescriptors() async throws {
    #expect(linux_raise_file_limit() == 0)
    var copies: [Descriptor] = []
    for _ in 0..<2_000 { copies.append(try Descriptor.open("/dev/null", O_RDONLY)) }
    let outcome = try await Program.run("/bin/ls", ["/proc/self/fd"])
    // Its three streams, and the folder that it reads.
    #expect(outcome.output == "0\n1\n2\n3\n")
    #expect(outcome.status == 0)
    withExtendedLifetime(copies) {}
  }

  @Test("does not count as running once it has ended, also where nobody has asked how")
  func zombie() async throws {
    let child = try ChildProcess.start("/bin/sleep", ["1000"])
    #expect(ChildProcess.isRunning(child.pid))
    kill(child.pid, SIGKILL)
    #expect(child.hasEnded(within: 10_000))
    // Nobody has collected it, so its number is still taken.
    #expect(kill(child.pid, 0) == 0 && !ChildProcess.isRunning(child.pid))
    #expect(child.collect() != nil && !ChildProcess.isRunning(child.pid))
  }

  @Test("tells its exit code, or the signal that ended it")
  func ends() async throws {
    #expect(try await Program.run("/bin/sh", ["-c", "exit 7"]).status == 7)
    #expect(try await Program.run("/bin/sh", ["-c", "kill -9 $$"]).status == 128 + SIGKILL)
  }
}
