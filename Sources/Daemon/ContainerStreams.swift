import CoreAPI
import CoreEngine
import CoreNode
import EdgeAgent
import EdgeHTTP

/// Connects clients with the containers of this machine.
struct ContainerStreams: StreamServer {
  let agent: AgentSlot
  let host: HostSlot

  func serve(_ stream: StreamRequest, _ request: HTTPRequest) async -> HTTPResponse {
    guard let agent = agent.agent else { return await NoStreams(reason: "the nodes are not up yet").serve(stream, request) }
    switch stream.kind {
    case .log(let options): return log(stream, options, agent)
    default: return await NoStreams(reason: "exec, attach and port-forward are not served yet").serve(stream, request)
    }
  }

  private func log(_ stream: StreamRequest, _ options: LogOptions, _ agent: NodeAgent) -> HTTPResponse {
    let bytes = ByteStream()
    let path = agent.logFile(podUID: stream.podUID, container: stream.container, attempt: stream.attempt)
    let log = LogStream(path: path, options: options) { [host] in
      host.host?.read { $0.planner.runtime(uid: stream.podUID)?.isRunning(stream.containerID) ?? false } ?? false
    }
    Task.detached { await log.send(to: bytes) }
    return HTTPResponse(status: 200, headers: ["content-type": "text/plain; charset=utf-8"], body: .stream(bytes))
  }
}
