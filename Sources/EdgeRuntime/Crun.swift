import EdgeLinux
import Glibc

/// The container runtime, by its command line.
package struct Crun: Sendable {
  package static let path = "/usr/bin/crun"

  /// crun runs itself from a sealed copy, lest a container overwrite it. Where it was started from one already it does not copy itself
  /// each time, which takes as long as all else that it does.
  private static let copy = Descriptor.sealedProgram(path)

  /// Starts it.
  static func start(_ arguments: [String], streams: [ChildProcess.Stream] = []) throws(SystemError) -> ChildProcess {
    try ChildProcess.start(copy?.path ?? path, named: path, arguments, streams: streams, session: true)
  }

  /// Where crun keeps the state of our containers.
  let state: String

  package init(state: String) { self.state = state }

  /// The filter of a container that runs, as the kernel has it.
  func seccompFilter(of id: String) -> String { state + "/" + id + "/seccomp.bpf" }

  func arguments(_ rest: [String]) -> [String] { ["--cgroup-manager=cgroupfs", "--root", state] + rest }

  /// "1.8.1"; nil where crun is not installed.
  package static func version() async -> String? {
    guard let (code, output) = try? await ChildProcess.run(path, ["--version"], timeout: .seconds(10)), code == 0 else {
      return nil
    }
    return output.split(separator: "\n").first?.split(separator: " ").last.map(String.init)
  }

  /// Forgets a container that has ended by itself, as `crun delete` does with the state that it keeps: without a program for each.
  func forget(_ id: String) { try? Files.remove(state + "/" + id) }

  /// Ends and forgets a container of which it is not known how far it came; its cgroup goes with it.
  func delete(_ id: String) async {
    guard let child = try? Crun.start(arguments(["delete", "--force", id])) else { return }
    let alarm = Task.detached {
      try await Task.sleep(for: .seconds(30))
      child.send(SIGKILL)
    }
    _ = await child.wait()
    alarm.cancel()
  }
}
