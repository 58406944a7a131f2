import EdgeLinux

/// The container runtime, by its command line.
package struct Crun: Sendable {
  package static let path = "/usr/bin/crun"

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
    _ = try? await ChildProcess.run(Crun.path, arguments(["delete", "--force", id]), session: true, timeout: .seconds(30))
  }
}
