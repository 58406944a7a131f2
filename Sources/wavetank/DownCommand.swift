import Daemon
import Glibc

/// wavetank down: stops the cluster of a data directory and waits until it is gone.
enum DownCommand {
  static func run(_ arguments: [String]) {
    let directory = Options(arguments, options: ["--data-dir"]).dataDirectory
    guard let process = ProcessFile.read(directory) else {
      Standard.output("No cluster is running in \(directory).")
      return
    }
    kill(process, SIGTERM)
    for _ in 0..<3000 {
      if kill(process, 0) != 0 {
        Standard.output("The cluster is down. Its data stays in \(directory).")
        return
      }
      usleep(10_000)
    }
    Standard.fail("the cluster (process \(process)) has not stopped within 30 s")
  }
}
