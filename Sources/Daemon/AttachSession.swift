import EdgeHTTP
import EdgeRuntime

/// One attach: the streams of a container's first process and a client, until one of them ends.
struct AttachSession: Sendable {
  /// A client that is further behind is let go.
  private static let backlog = 4 << 20
  let container: RunningContainer
  let channel: any CommandChannel
  let names: CommandStreamNames

  func run() async {
    let (container, channel, names) = (container, channel, names)
    let output = ByteStream(maximumBytes: AttachSession.backlog)
    let errors = ByteStream(maximumBytes: AttachSession.backlog)
    container.follow { bytes, isError in
      let stream = isError ? errors : output
      if bytes.isEmpty { stream.finish() } else if isError ? names.stderr : names.stdout { return stream.offer(bytes) }
      return true
    }
    if names.terminal || !names.stderr { errors.finish() }
    let input = Task {
      guard names.stdin else { return }
      while let bytes = await channel.readInput() {
        guard (try? await container.write(bytes)) != nil else { break }
      }
      container.closeInput()
    }
    let sizes = Task { await channel.sizes { container.resize(columns: $0, rows: $1) } }
    let hangup = Task {
      await channel.untilGone()
      for stream in [output, errors] { stream.finish() }
    }
    await withTaskGroup(of: Void.self) { copies in
      copies.addTask { while let bytes = await output.read(), (try? await channel.writeOutput(bytes)) != nil {} }
      copies.addTask { while let bytes = await errors.read(), (try? await channel.writeErrors(bytes)) != nil {} }
    }
    let isCutOff = container.isCutOff
    await channel.finish(
      CommandResult(
        code: isCutOff ? 255 : 0, problem: isCutOff ? "the shim of the containers has ended, and this one with it" : nil))
    for task in [input, sizes, hangup] { task.cancel() }
  }
}
