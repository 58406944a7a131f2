import CoreNode
package import CoreObjects
import EdgeLinux
import Glibc
import Synchronization

/// A container whose first process was started.
package final class RunningContainer: Sendable {
  package let bundle: ContainerBundle
  package let startedAt: Instant
  package let logPath: String
  let crun: Crun
  private let process: ChildProcess
  private let copying: Task<Void, Never>
  let log: ContainerLog
  /// Keeps the container's input open where it has one, so that reading it waits.
  let input: Mutex<Descriptor?>
  /// The master of its terminal, where it has one.
  let terminal: Descriptor?

  package var id: String { bundle.spec.containerID }
  /// The namespace of its processes, as a file that is there while it runs.
  var processes: String { "/proc/\(process.pid)/ns/pid" }

  private init(
    _ bundle: ContainerBundle, startedAt: Instant, log: ContainerLog, crun: Crun, process: ChildProcess,
    copying: Task<Void, Never>,
    streams: Streams
  ) {
    self.bundle = bundle
    self.startedAt = startedAt
    self.log = log
    logPath = log.path
    self.crun = crun
    self.process = process
    self.copying = copying
    input = Mutex(streams.input)
    terminal = streams.terminal
  }

  /// Starts the container. The thread must be in the mount namespace where the bundle's root is.
  /// - Throws: `ContainerError`; nothing runs then, the bundle is left to the caller.
  package static func start(
    _ bundle: ContainerBundle, crun: Crun, logPath: String, now: @escaping @Sendable () -> Instant
  ) async throws(ContainerError) -> RunningContainer {
    do {
      let log = try ContainerLog(path: logPath, keepsEarly: bundle.spec.stdinOnce, now: now)
      var streams = try Streams(bundle, log: log)
      defer { streams.closeChildEnds() }
      let child = try ChildProcess.start(
        Crun.path,
        crun.arguments(
          [
            "--log=file:" + bundle.errorLog, "run", "--detach", "--bundle", bundle.directory, "--pid-file", bundle.pidFile,
          ] + streams.arguments + [bundle.spec.containerID]), streams: streams.forChild, session: true)
      let alarm = Task.detached {
        try await Task.sleep(for: .seconds(60))
        child.send(SIGKILL)
      }
      let code = await child.wait()
      alarm.cancel()
      streams.closeChildEnds()
      guard code == 0 else {
        await crun.delete(bundle.spec.containerID)
        throw ContainerError.start(RunningContainer.reason(bundle, code))
      }
      SeccompRules.keepFilter(
        crun.seccompFilter(of: bundle.spec.containerID), for: bundle.spec.security, capabilities: bundle.capabilities)
      let pid = Int32(try Files.readText(bundle.pidFile).filter(\.isNumber)) ?? -1
      let copying = try await streams.copy()
      return RunningContainer(
        bundle, startedAt: now(), log: log, crun: crun, process: try ChildProcess(adopting: pid), copying: copying,
        streams: streams)
    } catch let error as ContainerError { throw error } catch {
      await crun.delete(bundle.spec.containerID)
      throw .start("\(error)")
    }
  }

  private static func reason(_ bundle: ContainerBundle, _ code: Int32) -> String {
    let lines = ((try? Files.readText(bundle.errorLog)) ?? "").split(separator: "\n")
    return "failed to start the container: " + (lines.last.map(String.init) ?? "crun ended with exit code \(code)")
  }

  package func send(_ signal: Int32) { process.send(signal) }

  /// How a container ended.
  package struct End: Sendable, Equatable {
    package var code: Int
    package var outOfMemory: Bool
    package var message: String
  }

  /// Waits for the end, then takes the container apart except for its directory. To be called once.
  package func end() async -> End {
    let copying = copying
    let collecting = Task.detached {
      await copying.value
      await Orphans.collectUntilCancelled()
    }
    let code = Int(await process.wait())
    collecting.cancel()
    // The kernel ended all of the container's processes with the first, and so its streams, unless others share its processes.
    if bundle.processes != nil || bundle.sandbox.spec.processes == .ofHost { bundle.cgroup.kill() }
    await copying.value
    let killed = bundle.cgroup.outOfMemoryKills() > 0
    let message = bundle.terminationMessage(exitCode: code, log: logPath)
    crun.forget(id)
    try? await bundle.cgroup.remove()
    bundle.releaseRoot()
    return End(code: code, outOfMemory: killed && code != 0, message: message)
  }
}
