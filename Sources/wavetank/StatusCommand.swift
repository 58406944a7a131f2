import Daemon
import Glibc

/// wavetank status: whether a cluster runs, and how to reach it.
enum StatusCommand {
  static func run(_ arguments: [String]) {
    let directory = Options(arguments, options: ["--data-dir"]).dataDirectory
    guard let process = ProcessFile.read(directory) else {
      Standard.output("No cluster is running in \(directory).")
      exit(1)
    }
    Standard.output("A cluster is running in \(directory) (process \(process)).")
    Standard.output("export KUBECONFIG=\(directory)/kubeconfig")
  }
}
