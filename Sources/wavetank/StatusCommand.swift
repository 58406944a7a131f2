import CoreObjects
import Daemon
import EdgeLinux
import EdgeRuntime
import Glibc

/// wavetank status: whether a cluster runs, how to reach it, what of it is on the machine, and which ports of the host lead into it.
enum StatusCommand {
  struct Options: CommandOptions {
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [dataDirectory] }
  }

  static let command = Command(
    "status", "says whether the cluster runs, and how to reach it", exitCodes: [0: "it runs", 1: "it does not run"],
    options: Options.self, run: run)

  /// Milliseconds until a process that answers no more has ended.
  private static let patience: Int32 = 5000

  private static func run(_ invocation: Invocation<Options>) async {
    let directory = invocation.dataDirectory
    guard let process = ProcessFile.read(directory) else { await missing(directory) }
    let answer = ControlSocket.ask(ControlRequest.status.tree, directory: directory)
    // One that was killed is there for a moment still.
    if answer == nil, (try? ChildProcess(adopting: process))?.hasEnded(within: patience) ?? true { await missing(directory) }
    Standard.output("A cluster is running in \(directory) (process \(process))\(answer == nil ? ", and does not answer" : "").")
    Standard.output("export KUBECONFIG=\(directory)/kubeconfig")
    for line in answer?["lines"].elements ?? [] { Standard.output(line.string ?? "") }
  }

  private static func missing(_ directory: String) async -> Never {
    Standard.output("No cluster is running in \(directory).")
    if let shim = await Shim.process(in: directory + "/run") {
      Standard.output(
        "Its containers go on without it (their shim is process \(shim)): 'wavetank up' takes them over, 'wavetank down' ends them."
      )
    }
    exit(1)
  }
}
