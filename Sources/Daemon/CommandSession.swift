import CoreObjects
import EdgeHTTP
import EdgeRuntime

/// One exec: a process and its client, until the process ends.
struct CommandSession: Sendable {
  let session: ExecSession
  let channel: any CommandChannel
  let isTerminal: Bool

  /// Copies the streams until the process has ended and all that it wrote is with the client, and says how it ended.
  /// A client that goes early hangs up a terminal; without one the process goes on, as in other clusters, and nobody hears it.
  func run() async {
    let (session, channel) = (session, channel)
    let input = Task {
      while let bytes = await channel.readInput() {
        guard (try? await session.write(bytes)) != nil else { break }
      }
      session.closeInput()
    }
    let sizes = Task { await channel.sizes { session.resize(columns: $0, rows: $1) } }
    let hangup = Task {
      await channel.untilGone()
      if isTerminal, !Task.isCancelled { session.kill() }
    }
    await withTaskGroup(of: Void.self) { outputs in
      outputs.addTask { await CommandSession.copy({ try await session.readOutput() }, to: { try await channel.writeOutput($0) }) }
      if !isTerminal {
        outputs.addTask {
          await CommandSession.copy({ try await session.readErrors() }, to: { try await channel.writeErrors($0) })
        }
      }
    }
    let end = await session.end()
    await channel.finish(CommandResult(code: end.code, problem: end.problem))
    for task in [input, sizes, hangup] { task.cancel() }
  }

  /// Goes on reading when the client is gone, so that the process is not stopped by a full pipe.
  static func copy(_ read: () async throws -> [UInt8], to write: ([UInt8]) async throws -> Void) async {
    var isConnected = true
    while let bytes = try? await read(), !bytes.isEmpty {
      if isConnected { isConnected = (try? await write(bytes)) != nil }
    }
  }
}

/// How a command ended, as kubectl reads it (v4.channel.k8s.io): a Status whose cause ExitCode is the code.
struct CommandResult {
  var code: Int
  /// Why it could not be started.
  var problem: String?

  /// Nil where it succeeded.
  var failure: String? {
    problem.map { "the command could not be started: \($0)" } ?? (code == 0 ? nil : "command terminated with exit code \(code)")
  }

  var status: [UInt8] {
    guard let failure else { return (["metadata": [:], "status": "Success"] as JSON).encoded() }
    var status: JSON = ["metadata": [:], "status": "Failure", "message": .string(failure)]
    if problem != nil {
      status.put(.reason, "InternalError")
      status.put(.code, 500)
    } else {
      status.put(.reason, "NonZeroExitCode")
      status.put(.details, ["causes": [["reason": "ExitCode", "message": .string(String(code))]]])
    }
    return status.encoded()
  }
}

extension CommandChannel {
  func finish(_ result: CommandResult) async { await finish(status: result.status, failure: result.failure) }

  /// Hands over each new size of the client's terminal.
  func sizes(_ receive: (_ columns: UInt16, _ rows: UInt16) -> Void) async {
    while let bytes = await readSize() {
      guard let size = try? JSONParser.parse(bytes), let columns = size["Width"].int, let rows = size["Height"].int else {
        continue
      }
      receive(UInt16(clamping: columns), UInt16(clamping: rows))
    }
  }
}
