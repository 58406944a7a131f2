import CoreAPI
import CoreEngine
import CoreNode
import EdgeAgent
import EdgeHTTP
import EdgeRuntime

/// Connects clients with the containers of this machine.
struct ContainerStreams: StreamServer {
  let agent: Slot<NodeAgent>
  let host: Slot<EngineHost>

  func serve(_ stream: StreamRequest, _ request: HTTPRequest) async -> HTTPResponse {
    guard let agent = agent.value else { return await NoStreams(reason: "the nodes are not up yet").serve(stream, request) }
    if agent.isStopped(stream.node) {
      return .refusal(500, "InternalError", "error dialing backend: node \(stream.node) does not answer, its power is cut")
    }
    switch stream.kind {
    case .log(let options): return log(stream, options, agent)
    case .exec(let command, let stdin, let stdout, let stderr, let terminal):
      let names = CommandStreamNames(stdin: stdin, stdout: stdout, stderr: stderr, terminal: terminal)
      return execute(stream, request, command, names, agent)
    case .portForward(let ports):
      return PortForwardUpgrade.accept(request, ports: ports.map { UInt16($0) }) { port in
        try PodPort(await agent.connect(podUID: stream.podUID, port: port))
      }
    case .attach(let stdin, let stdout, let stderr, let terminal):
      let names = CommandStreamNames(stdin: stdin, stdout: stdout, stderr: stderr, terminal: terminal)
      // Whoever comes too late must hear it: kubectl shows the log then.
      guard let container = try? agent.container(stream.containerID), !container.hasEnded else {
        return .refusal(500, "InternalError", "container \(stream.container) of pod \(stream.podUID) does not run any more")
      }
      return CommandUpgrade.accept(request, names) { channel in
        await AttachSession(container: container, channel: channel, names: names).run()
      }
    }
  }

  private func execute(
    _ stream: StreamRequest, _ request: HTTPRequest, _ command: [String], _ names: CommandStreamNames, _ agent: NodeAgent
  ) -> HTTPResponse {
    CommandUpgrade.accept(request, names) { channel in
      do {
        let session = try await agent.exec(
          containerID: stream.containerID, command: command, terminal: names.terminal, stdin: names.stdin)
        await CommandSession(session: session, channel: channel, isTerminal: names.terminal).run()
      } catch {
        await channel.finish(CommandResult(code: 126, problem: "\(error)"))
      }
    }
  }

  /// Each attempt at a container has a log of its own; the container's identifier says which attempt it was.
  private func attempt(_ stream: StreamRequest) -> Int {
    (0...max(0, stream.attempt)).reversed().first {
      ContainerID.make(podUID: stream.podUID, name: stream.container, attempt: $0) == stream.containerID
    } ?? stream.attempt
  }

  private func log(_ stream: StreamRequest, _ options: LogOptions, _ agent: NodeAgent) -> HTTPResponse {
    let bytes = ByteStream()
    let path = agent.logFile(podUID: stream.podUID, container: stream.container, attempt: attempt(stream))
    let log = LogStream(path: path, options: options) { [host] in
      host.value?.read { $0.planner.runtime(uid: stream.podUID)?.isRunning(stream.containerID) ?? false } ?? false
    }
    Task.detached { await log.send(to: bytes) }
    return HTTPResponse(status: 200, headers: ["content-type": "text/plain; charset=utf-8"], body: .stream(bytes))
  }
}
