/// Exec or attach over SPDY: v4.channel.k8s.io. The client opens one stream for each name that it asked for, and one for the result.
struct SPDYChannel: CommandChannel {
  private let session: SPDYSession
  private let streams: [String: SPDYStream]
  private let gone: Task<Void, Never>

  /// nil when the client leaves before it has opened its streams.
  init?(_ session: SPDYSession, _ names: CommandStreamNames) async {
    var wanted: Set<String> = ["error"]
    if names.stdin { wanted.insert("stdin") }
    if names.stdout { wanted.insert("stdout") }
    if names.stderr { wanted.insert("stderr") }
    if names.terminal { wanted.insert("resize") }
    var found: [String: SPDYStream] = [:]
    var opened = session.opened.makeAsyncIterator()
    while !wanted.isEmpty {
      guard let stream = await opened.next() else { return nil }
      let name = stream.headers["streamtype"] ?? ""
      guard wanted.remove(name) != nil else {
        await stream.reset()
        continue
      }
      found[name] = stream
    }
    self.session = session
    streams = found
    gone = Task { for await stream in session.opened { await stream.reset() } }
  }

  func readInput() async -> [UInt8]? { await streams["stdin"]?.read() }
  func readSize() async -> [UInt8]? { await streams["resize"]?.read() }
  func writeOutput(_ bytes: [UInt8]) async throws { try await streams["stdout"]?.write(bytes) }
  func writeErrors(_ bytes: [UInt8]) async throws { try await streams["stderr"]?.write(bytes) }

  func finish(status: [UInt8], failure: String?) async {
    for name in ["stdout", "stderr"] { await streams[name]?.finish() }
    try? await streams["error"]?.write(status)
    await streams["error"]?.finish()
  }

  func untilGone() async { await gone.value }
}
