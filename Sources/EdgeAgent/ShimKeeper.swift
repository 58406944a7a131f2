import CoreObjects
import EdgeLinux
import EdgeRuntime
import Synchronization

/// Files that a shim keeps open.
struct Held: Codable, Sendable {
  /// Which one: numbers mean nothing to another.
  var shim = ""
  var numbers: [Int32] = []
}

/// The shim of an agent's containers: where it ends before the agent, another one is started in its place.
final class ShimKeeper: Sendable {
  /// How long who needs one waits for the next.
  private static let patience = Duration.seconds(10)
  /// One that ends sooner is followed by a pause, which doubles.
  private static let shortLife = Duration.seconds(10)
  private static let longestPause = Duration.seconds(30)

  private struct State {
    /// Nil: the next one is not there yet.
    var shim: Shim?
    var ends = 0
    var lastEnd: Instant?
    /// Why there is none.
    var problem: String?
    var keeping: Task<Void, Never>?
  }

  private let state: Mutex<State>
  private let configuration: AgentConfiguration
  private let workers: WorkerThreads

  /// - Parameter workers: threads in the mount namespace of the bundles
  init(_ shim: Shim, _ configuration: AgentConfiguration, _ workers: WorkerThreads) {
    state = Mutex(State(shim: shim))
    (self.configuration, self.workers) = (configuration, workers)
  }

  private static func group(_ configuration: AgentConfiguration) -> Cgroup { configuration.cgroup.child("_shim") }

  static func start(_ program: String, _ configuration: AgentConfiguration, _ workers: WorkerThreads) async throws -> Shim {
    let start = Task(executorPreference: workers) {
      try await Shim.start(
        program: program, in: configuration.runDirectory, group: group(configuration), configuration.clock)
    }
    return try await start.value
  }

  var current: Shim? { state.withLock { $0.shim } }

  /// - Parameter gone: one that has ended, as who asks has seen
  /// - Throws: `ShimError.gone` where none comes in time
  func shim(after gone: Shim? = nil) async throws(ShimError) -> Shim {
    let end = ContinuousClock.now + ShimKeeper.patience
    while true {
      if let shim = current, shim !== gone { return shim }
      // Cancelled where the sleep fails.
      guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(5))) != nil else { throw .gone }
    }
  }

  /// Has files kept open by the shim that is there now.
  func hold(_ paths: [String]) async throws(ShimError) -> Held {
    var gone: Shim?
    while true {
      let shim = try await shim(after: gone)
      do throws(ShimError) { return Held(shim: shim.identity, numbers: try await shim.hold(paths)) } catch {
        guard case .gone = error else { throw error }
        gone = shim
      }
    }
  }

  func release(_ held: Held) {
    if let current, current.identity == held.shim, !held.numbers.isEmpty { current.release(held.numbers) }
  }

  /// What there is to say of it; nil: nothing.
  var line: String? {
    let (ends, last, shim, problem) = state.withLock { ($0.ends, $0.lastEnd, $0.shim, $0.problem) }
    guard let last else { return nil }
    let now =
      shim.map { "process \($0.process) is there now" } ?? problem.map { "it could not be started again yet: \($0)" }
      ?? "it is started again"
    return "The shim of its containers has ended \(ends) time(s), at \(last.rfc3339) last, and its containers with it: \(now)."
  }

  /// Sees to it from now on that there is one.
  /// - Parameters:
  ///   - lost: how many containers there are
  ///   - renewed: called with each that comes
  func keep(lost: @escaping @Sendable () -> Int, renewed: @escaping @Sendable () async -> Void) {
    guard let program = configuration.shimProgram else { return }
    let task = Task.detached { [self] in
      var pause = Duration.zero
      var began = ContinuousClock.now
      while let shim = current {
        await shim.ended()
        if Task.isCancelled { return }
        pause =
          ContinuousClock.now - began > ShimKeeper.shortLife ? .zero : min(max(.seconds(1), pause * 2), ShimKeeper.longestPause)
        await replace(shim, program, after: pause, lost: lost())
        began = .now
        if Task.isCancelled { return }
        await renewed()
      }
    }
    state.withLock { $0.keeping = task }
  }

  private func replace(_ shim: Shim, _ program: String, after pause: Duration, lost: Int) async {
    let now = configuration.now()
    state.withLock { state in
      (state.shim, state.lastEnd) = (nil, now)
      state.ends += 1
    }
    Standard.error(
      "the shim of the containers (process \(shim.process)) has ended: another one is started, and its \(lost) container(s) have ended "
        + "with code 255")
    // It may be there still, and so may be programs that it was about to start containers with.
    shim.kill()
    ShimKeeper.group(configuration).kill()
    var pause = pause
    while !Task.isCancelled {
      try? await Task.sleep(for: pause)
      do {
        let next = try await ShimKeeper.start(program, configuration, workers)
        return state.withLock { ($0.shim, $0.problem) = (next, nil) }
      } catch {
        state.withLock { $0.problem = "\(error)" }
        pause = min(max(.seconds(1), pause * 2), ShimKeeper.longestPause)
        Standard.error("the shim of the containers could not be started again, the next try comes in \(pause): \(error)")
      }
    }
  }

  /// No other one comes from now on.
  func close() async {
    let keeping = state.withLock { $0.keeping }
    keeping?.cancel()
    await keeping?.value
  }

  /// Ends one that answers nobody, for it tells of no container's end: until cancelled.
  func watch() async {
    while (try? await Task.sleep(for: .seconds(1))) != nil, let shim = current {
      if await !shim.answers(within: .seconds(5)), !Task.isCancelled { return shim.kill() }
    }
  }
}
