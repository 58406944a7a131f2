import CoreAPI
package import CoreControllers
import CoreEngine
package import CoreObjects
package import Simulation
import Synchronization

/// A cluster in virtual time. Nothing here suspends, and time passes only while somebody waits.
package final class SimulatedAccess: ClusterAccess {
  private struct Watch {
    var resource: ResourceID
    var namespace: String
    var choice: ObjectChoice
    var receive: @Sendable (ObjectEvent) -> Void
  }
  private struct State {
    var cluster: VirtualCluster
    var watches: [Watch?] = []
  }
  private let state: Mutex<State>
  /// The place of the HorizontalPodAutoscalerController among the controllers: to look for it costs more than what it is asked.
  private let autoscalers: Int?

  package init(_ cluster: VirtualCluster) {
    var cluster = cluster
    cluster.appends = []
    autoscalers = cluster.engine.controllers.firstIndex { $0 is HorizontalPodAutoscalerController }
    state = Mutex(State(cluster: cluster))
  }

  package var now: Instant { state.withLock { $0.cluster.now } }
  package var steps: Int { state.withLock { $0.cluster.steps } }
  /// Mistakes of the control plane's own; there should be none.
  package var faults: [String] { state.withLock { $0.cluster.faults } }

  package func wait(_ duration: Duration) { passing { $0.run(until: $0.now + duration) } }

  package func request(_ method: String, _ path: String, query: String, contentType: String, body: [UInt8]) -> ClusterAnswer {
    passing { cluster in
      switch cluster.request(method, path, query: query, contentType: contentType, body: body) {
      case .body(let status, _, let chunks, _):
        return ClusterAnswer(status: status, body: chunks.count == 1 ? chunks[0] : Array(chunks.joined()))
      case .stream(let stream):
        guard case .log = stream.kind else { return ClusterAnswer(status: 501, body: []) }
        let lines = cluster.nodes.log(ofContainer: stream.containerID)
        return ClusterAnswer(status: 200, body: Array(lines.map { $0 + "\n" }.joined().utf8))
      case .watch, .proxy: return ClusterAnswer(status: 501, body: [])
      }
    }
  }

  /// Events are the engine's own changes: to write each as a line and read it again would be a quarter of a simulation's work.
  package func watch(
    _ path: String, _ choice: ObjectChoice, from revision: String, receive: @escaping @Sendable (ObjectEvent) -> Void
  ) throws -> @Sendable () -> Void {
    // "api/v1/namespaces/NAMESPACE/RESOURCE" or "apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE"
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count == (parts.first == "api" ? 5 : 6) else { throw PracticeError.notWatched(path) }
    let watch = Watch(
      resource: ResourceID(parts.first == "api" ? "" : parts[1], parts[parts.count - 1]), namespace: parts[parts.count - 2],
      choice: choice, receive: receive)
    let place = state.withLock { state in
      state.watches.append(watch)
      return state.watches.count - 1
    }
    return { [self] in state.withLock { $0.watches[place] = nil } }
  }

  package func decision(ofAutoscaler name: String, namespace: String) -> Decision? {
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: namespace, name)
    return state.withLock { state in
      guard let autoscalers else { return nil }
      let controller = state.cluster.engine.controllers[autoscalers] as? HorizontalPodAutoscalerController
      return controller?.decisions(key, at: state.cluster.now).last
    }
  }

  /// What changes meanwhile is received by the watches before the caller goes on.
  private func passing<Result>(_ body: (inout VirtualCluster) -> Result) -> Result {
    let (result, records, watches) = state.withLock { state in
      let result = body(&state.cluster)
      let records = state.cluster.appends ?? []
      state.cluster.appends = []
      return (result, records, state.watches)
    }
    if !watches.isEmpty { for record in records.joined() { send(record, to: watches) } }
    return result
  }

  private func send(_ record: JournalRecord, to watches: [Watch?]) {
    let key =
      switch record {
      case .put(let object): object.key
      case .delete(let key, _): key
      }
    for case .some(let watch) in watches where watch.resource == key.resource && watch.namespace == key.namespace {
      if case .put(let object) = record, watch.choice.includes(object.tree) {
        watch.receive(.put(object.tree))
      } else {
        watch.receive(.gone(key.name))
      }
    }
  }
}
