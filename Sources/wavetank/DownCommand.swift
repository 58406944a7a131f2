import EdgeLinux
import Glibc

/// wavetank down: stops the cluster of a data directory and waits until it is gone.
enum DownCommand {
  struct Options: CommandOptions {
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [dataDirectory] }
  }

  static let command = Command("down", "stops the cluster; its data stays", options: Options.self, run: run)

  /// Milliseconds.
  private static let patience: Int32 = 30_000

  private static func run(_ invocation: Invocation<Options>) {
    let directory = invocation.dataDirectory
    guard let process = ProcessFile.read(directory) else {
      Standard.output("No cluster is running in \(directory).")
      return
    }
    // By its descriptor, also where nobody collects it: its number would be there still.
    let cluster = try? ChildProcess(adopting: process)
    cluster?.send(SIGTERM)
    if cluster?.hasEnded(within: DownCommand.patience) ?? true {
      Standard.output("The cluster is down. Its data stays in \(directory).")
      return
    }
    Standard.fail("the cluster (process \(process)) has not stopped within 30 s")
  }
}
