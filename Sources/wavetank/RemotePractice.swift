import CoreObjects
import EdgeClient
import EdgeLinux
import Rehearsal

/// wavetank practice --context: the same practice on a cluster that is there already, at the wall's pace. Its nodes have to have
/// app:test, and it may reach the registry of the job's image.
enum RemotePractice {
  static func run(_ manifests: [JSON], _ invocation: Invocation<PracticeOptions>) async -> Never {
    let paths =
      invocation.kubeconfig.map { [$0] }
      ?? KubeconfigFile.standardPaths { Environment[$0] }
    let endpoint: ClusterEndpoint
    do throws(KubeconfigError) { endpoint = try KubeconfigFile(paths).endpoint(context: invocation.context) } catch {
      Standard.fail("\(error)")
    }
    Standard.output("The practice on \(endpoint.origin), in its namespace default. What it makes there stays.")
    let screen = PracticeScreen(title: "The practice on \(endpoint.origin)", wall: SystemClock.monotonic)
    let practice = PracticePlay(RemoteAccess(endpoint)) { screen.show($0) }
    do {
      PracticeReport(csv: invocation.csv).finish(try await practice.run(manifests, PracticeProgress()))
    } catch { Standard.fail("\(error)") }
  }
}
