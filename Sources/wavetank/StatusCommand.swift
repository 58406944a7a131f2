import CoreObjects
import Daemon
import EdgeLinux
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

  private static func run(_ invocation: Invocation<Options>) {
    let directory = invocation.dataDirectory
    guard let process = ProcessFile.read(directory) else {
      Standard.output("No cluster is running in \(directory).")
      exit(1)
    }
    Standard.output("A cluster is running in \(directory) (process \(process)).")
    Standard.output("export KUBECONFIG=\(directory)/kubeconfig")
    let lines = ControlSocket.ask(ControlRequest.status.tree, directory: directory)?["lines"].elements ?? []
    for line in lines { Standard.output(line.string ?? "") }
  }
}
