import Daemon
import EdgeLinux

/// A cluster that a command starts for itself in this process, and stops when it is done or interrupted.
struct OwnCluster {
  private enum Outcome<Result: Sendable>: Sendable {
    case done(Result)
    case failed(String)
    case interrupted
  }
  let directory: String
  private let isTemporary: Bool
  private let configuration: ClusterConfiguration

  /// - Parameter directory: where it keeps its data; nil: a folder that is removed at the end
  init(_ directory: String?, change: (inout ClusterConfiguration) -> Void) {
    self.directory = directory ?? DataDirectory.temporary()
    isTemporary = directory == nil
    var configuration = ClusterConfiguration(dataDirectory: self.directory, kubeconfig: self.directory + "/kubeconfig")
    change(&configuration)
    self.configuration = configuration
  }

  /// Ends the process with 3 where the cluster cannot be started, the body fails, or somebody stops it.
  func run<Result: Sendable>(_ body: @escaping @Sendable (Cluster) async throws -> Result) async -> Result {
    DataDirectory.make(directory)
    let stopSignal = StopSignal()
    let cluster: Cluster
    do throws(ClusterError) { cluster = try await Cluster(configuration) } catch { abandon("\(error)") }
    let (outcomes, outcome) = AsyncStream.makeStream(of: Outcome<Result>.self)
    let playing = Task {
      do { outcome.yield(.done(try await body(cluster))) } catch { outcome.yield(.failed("\(error)")) }
    }
    Task {
      await stopSignal.wait()
      outcome.yield(.interrupted)
    }
    var first = Outcome<Result>.interrupted
    for await one in outcomes {
      first = one
      break
    }
    playing.cancel()
    await cluster.stop()
    switch first {
    case .interrupted: abandon("stopped before its end")
    case .failed(let reason): abandon(reason)
    case .done(let result):
      removeData()
      return result
    }
  }

  private func abandon(_ reason: String) -> Never {
    removeData()
    Standard.fail(reason)
  }

  private func removeData() { if isTemporary { DataDirectory.remove(directory) } }
}

extension Cluster {
  /// Pulls an image from its registry onto every node; where none can be reached, makes a stand-in of this machine's programs.
  /// - Returns: what is to be shown.
  func pullTools(_ name: String) async throws -> String {
    guard let problem = await pull(name) else { return "\(name) was pulled from its registry." }
    _ = try perform(.packTools(name: name))
    return "\(problem)\n\(name) is therefore a stand-in, made of this machine's bash, jq and kubectl."
  }
}
