import CoreObjects
import EdgeClient
import EdgeLinux
import Rehearsal

/// wavetank practice --context: the same practice on a cluster that is there already, at the wall's pace. Its nodes have to have
/// app:test, and it may reach the registry of the job's image.
enum RemotePractice {
  static func run(_ manifests: [JSON], _ invocation: Invocation<PracticeOptions>) async -> Never {
    let endpoint = endpoint(invocation.context, kubeconfig: invocation.kubeconfig)
    Standard.output("The practice on \(endpoint.origin), in its namespace default. What it makes there stays.")
    let screen = PracticeScreen(title: "The practice on \(endpoint.origin)", wall: SystemClock.monotonic)
    let practice = PracticePlay(RemoteAccess(endpoint)) { screen.show($0) }
    do {
      PracticeReport(csv: invocation.csv).finish(try await practice.run(manifests, PracticeProgress()))
    } catch { Standard.fail("\(error)") }
  }

  /// Of a context of a kubeconfig. Ends the process with 3 where there is none.
  static func endpoint(_ context: String?, kubeconfig: String?) -> ClusterEndpoint {
    let paths = kubeconfig.map { [$0] } ?? KubeconfigFile.standardPaths { Environment[$0] }
    do throws(KubeconfigError) { return try KubeconfigFile(paths).endpoint(context: context) } catch { Standard.fail("\(error)") }
  }
}
