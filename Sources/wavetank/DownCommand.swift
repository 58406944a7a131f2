import Daemon
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

  private static func run(_ invocation: Invocation<Options>) async {
    let directory = invocation.dataDirectory
    guard let process = ProcessFile.read(directory) else {
      if await removeLeftovers(directory) {
        Standard.output(
          "The cluster had ended by itself or by force; what it left behind is gone. Its data stays in \(directory).")
      } else {
        Standard.output("No cluster is running in \(directory).")
      }
      return
    }
    // By its descriptor, also where nobody collects it: its number would be there still.
    let cluster = try? ChildProcess(adopting: process)
    cluster?.send(SIGTERM)
    if cluster?.hasEnded(within: DownCommand.patience) ?? true {
      _ = await removeLeftovers(directory)
      Standard.output("The cluster is down. Its data stays in \(directory).")
      return
    }
    Standard.fail("the cluster (process \(process)) has not stopped within 30 s")
  }

  /// A cluster that stops takes away its process file, and before it all that it made.
  /// - Returns: whether there was anything
  private static func removeLeftovers(_ directory: String) async -> Bool {
    guard Files.exists(ProcessFile.path(directory)), Machine.isRoot else { return false }
    do throws(ClusterError) {
      guard try await Cluster.removeLeftovers(directory) else { return false }
    } catch { Standard.fail("\(error)") }
    ProcessFile.remove(directory)
    return true
  }
}
