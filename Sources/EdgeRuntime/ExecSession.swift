import CoreObjects
import EdgeLinux
import Glibc
import Synchronization

/// A process that was added to a running container, with its streams.
package final class ExecSession: Sendable {
  private let process: ChildProcess
  private let pidFile: String
  private let files: [String]
  private let input: Mutex<Descriptor?>
  private let output: Descriptor
  private let errors: Descriptor?
  /// Another descriptor of the terminal's master, so that reading and writing can wait at the same time.
  private let terminal: Descriptor?

  /// Starts `command` in the container. The calling thread must be in the mount namespace of its root.
  /// - Parameter stdin: whether the process's input is connected; otherwise it is empty.
  /// - Throws: `ContainerError`, `SystemError`.
  package init(in container: RunningContainer, command: [String], terminal isTerminal: Bool, stdin: Bool, serial: Int)
    async throws
  {
    guard !command.isEmpty else { throw ContainerError.configuration("there is no command to run") }
    let bundle = container.bundle
    // Who waits for its end is in no mount namespace of ours.
    let base = bundle.disk + "/exec-\(serial)"
    pidFile = base + ".pid"
    files = [base + ".json", base + ".log", pidFile]
    let description = bundle.process(arguments: command, terminal: isTerminal)
    try Files.write(base + ".json", description.encoded())
    var arguments = ["--log=file:" + base + ".log", "exec", "--process", base + ".json", "--pid-file", pidFile]
    var streams: [ChildProcess.Stream] = []
    let console = isTerminal ? try ConsoleSocket(directory: bundle.disk, name: "exec-\(serial)") : nil
    var own: [Descriptor] = []
    if let console {
      arguments += ["--console-socket", console.short]
    } else {
      for number in [Int32(1), 2] {
        let (reader, writer) = try Descriptor.pipe()
        reader.setNonBlocking()
        own.append(reader)
        streams.append(ChildProcess.Stream(writer, as: number))
      }
      if stdin {
        let (reader, writer) = try Descriptor.pipe()
        writer.setNonBlocking()
        own.append(writer)
        streams.append(ChildProcess.Stream(reader, as: 0))
      }
    }
    process = try Crun.start(container.crun.arguments(arguments + [container.id]), streams: streams)
    streams = []
    guard let console else {
      (output, errors, terminal) = (own[0], own[1], nil)
      input = Mutex(own.count > 2 ? own[2] : nil)
      return
    }
    do {
      let master = try await console.terminal(from: process)
      (output, errors, terminal) = (master, nil, try master.duplicate())
      input = Mutex(stdin ? terminal : nil)
    } catch {
      process.send(SIGKILL)
      _ = await process.wait()
      throw ContainerError.start((try? Files.readText(base + ".log")) ?? "\(error)")
    }
  }

  /// What the process wrote; empty at the end.
  package func readOutput() async throws -> [UInt8] {
    if terminal == nil { return try await output.read() }
    while true {
      let isLast = process.hasEnded
      let bytes = try await output.read()
      if !bytes.isEmpty || isLast { return bytes }
      // A terminal that nobody has open seems to be at its end, also while the process is only about to start.
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// What the process wrote to its standard error; empty at the end and with a terminal.
  package func readErrors() async throws -> [UInt8] { try await errors?.read() ?? [] }

  package func write(_ bytes: [UInt8]) async throws {
    guard let target = input.withLock({ $0 }) else { return }
    try await target.write(bytes)
  }

  /// The process reads the end of its input. (With a terminal nothing happens: its user types that.)
  package func closeInput() { input.withLock { $0 = nil } }

  package func resize(columns: UInt16, rows: UInt16) {
    terminal?.setWindow(columns: columns, rows: rows)
  }

  /// Waits for the end: the exit code, and what crun said where the process could not be started (code 126 or 127 then).
  /// To be called once.
  package func end() async -> (code: Int, problem: String?) {
    let code = Int(await process.wait())
    Orphans.collect()
    let started = Files.size(pidFile) > 0
    let lines = ((try? Files.readText(files[1])) ?? "").split(separator: "\n")
    for file in files { try? Files.remove(file) }
    if started { return (code, nil) }
    let problem = lines.last.map(String.init) ?? "crun ended with exit code \(code)"
    return (problem.contains("No such file") || problem.contains("not found") ? 127 : 126, problem)
  }

  /// Kills the process; `end` returns soon after.
  package func kill() {
    // Not crun, which waits for the process: it would leave it behind.
    if let pid = (try? Files.readText(pidFile)).flatMap({ Int32($0.filter(\.isNumber)) }), pid > 1 {
      ChildProcess.kill(pid)
    } else {
      process.send(SIGKILL)
    }
  }
}
