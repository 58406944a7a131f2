import CoreObjects
import EdgeLinux
import Glibc
import Synchronization

/// A container whose first process the shim has started: its streams, its log, its end.
final class ShimContainer: Sendable {
  let order: ShimOrder
  let start: ShimStart
  private let process: ChildProcess
  private let log: ContainerLog
  private let copying: Task<Void, Never>
  /// Keeps the container's input open where it has one, so that reading it waits.
  private let input: Mutex<Descriptor?>
  /// The master of its terminal, where it has one.
  private let terminal: Descriptor?
  private let ending = Mutex<Task<ShimExit, Never>?>(nil)

  private init(
    _ order: ShimOrder, _ start: ShimStart, _ process: ChildProcess, log: ContainerLog, copying: Task<Void, Never>,
    streams: ShimStreams, now: @escaping @Sendable () -> Instant
  ) {
    (self.order, self.start, self.process, self.log, self.copying) = (order, start, process, log, copying)
    input = Mutex(streams.input)
    terminal = streams.terminal
    ending.withLock { $0 = Task.detached { await self.end(now) } }
  }

  /// Starts the container. The thread must be in the mount namespace where the bundle's root is.
  /// - Throws: `ContainerError`; nothing runs then, the bundle is left to the caller.
  static func start(_ order: ShimOrder, now: @escaping @Sendable () -> Instant) async throws(ContainerError) -> ShimContainer {
    let crun = Crun(state: order.state)
    do {
      let log = try ContainerLog(path: order.log, early: order.stdinOnce ? .always : order.stdin ? .soon : .never, now: now)
      var streams = try ShimStreams(order, log: log)
      defer { streams.closeChildEnds() }
      let run = ["--log=file:" + order.errorLog, "run", "--detach", "--bundle", order.bundle, "--pid-file", order.pidFile]
      let child = try Crun.start(crun.arguments(run + streams.arguments + [order.id]), streams: streams.forChild)
      let alarm = Task.detached {
        try await Task.sleep(for: .seconds(60))
        child.send(SIGKILL)
      }
      let code = await child.wait()
      alarm.cancel()
      streams.closeChildEnds()
      guard code == 0 else { throw ContainerError.start(reason(order, code)) }
      let pid = Int32(try Files.readText(order.pidFile).filter(\.isNumber)) ?? -1
      let copying = try await streams.copy()
      return ShimContainer(
        order, ShimStart(process: pid, startedAt: now().nanoseconds), try ChildProcess(adopting: pid), log: log,
        copying: copying, streams: streams, now: now)
    } catch {
      await crun.delete(order.id)
      throw error as? ContainerError ?? .start("\(error)")
    }
  }

  private static func reason(_ order: ShimOrder, _ code: Int32) -> String {
    let lines = ((try? Files.readText(order.errorLog)) ?? "").split(separator: "\n")
    return "failed to start the container: " + (lines.last.map(String.init) ?? "crun ended with exit code \(code)")
  }

  private func end(_ now: @Sendable () -> Instant) async -> ShimExit {
    let copying = copying
    let collecting = Task.detached {
      await copying.value
      await Orphans.collectUntilCancelled()
    }
    let code = Int(await process.wait())
    let exit = ShimExit(code: code, at: now().nanoseconds)
    collecting.cancel()
    // The kernel ended all of the container's processes with the first, and so its streams, unless others share its processes.
    if let group = order.group { Cgroup(group).kill() }
    await copying.value
    return exit
  }

  /// How it ended, once all that it wrote is in the log.
  func exit() async -> ShimExit { await ending.withLock { $0 }?.value ?? ShimExit(code: 255, at: start.startedAt) }

  /// Hands over what the container writes from now on.
  func follow(_ follower: @escaping ContainerLog.Follower) { log.follow(follower) }

  func write(_ bytes: [UInt8]) async {
    guard let target = input.withLock({ $0 }) else { return }
    try? await target.write(bytes)
  }

  /// A client has come to the end of its input. The container reads that end only if its spec says stdinOnce: another client can
  /// follow otherwise.
  func endInput() { if order.stdinOnce, !order.terminal { input.withLock { $0 = nil } } }

  func setWindow(columns: UInt16, rows: UInt16) { terminal?.setWindow(columns: columns, rows: rows) }
}
