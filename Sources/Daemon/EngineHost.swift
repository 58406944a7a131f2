package import CoreAPI
package import CoreEngine
package import CoreNode
package import CoreObjects
package import EdgeHTTP
package import EdgeJournal
import EdgeLinux
package import EdgeRuntime
import Synchronization

/// Runs the engine in real time: one lock around `step`, and the order of durability. Nothing that a step says to the outside is
/// let out before what was written up to then is in the journal; what only prepares a pod may begin at once.
package final class EngineHost: Sendable {
  package enum Answer: Sendable {
    case response(APIResponse)
    case watch(ByteStream, contentType: String)
  }

  private enum Outward {
    case answer(UInt64, Answer)
    case feed([UInt64], [UInt8])
    case endWatch(UInt64)
    case command(NodeCommand)
    case traffic(Traffic)
    case order(SigningOrder)
  }

  /// What a network is told.
  package enum Traffic: Sendable {
    case route(OwnedRoutes)
    case police(PolicyFact)
  }

  private struct State {
    var engine: Engine
    var nextRequest: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
    var ready: [UInt64: Answer] = [:]
    var watches: [UInt64: ByteStream] = [:]
    /// Submissions to the journal, and how many of them are durable.
    var submitted: UInt64 = 0
    var durable: UInt64 = 0
    var held: [(after: UInt64, outward: Outward)] = []
    var heldStart = 0
    var timer: UInt64 = 0
    var isStopped = false
  }

  private let state: Mutex<State>
  private let journal: Journal?
  package let clock: ClusterClock
  private let perform: @Sendable (NodeCommand) -> Void
  private let direct: @Sendable (Traffic) -> Void
  private let sign: @Sendable (SigningOrder) -> SigningAnswer

  /// - Parameters:
  ///   - perform: carries out what a node is asked; never blocks
  ///   - direct: has traffic flow so from now on; never blocks
  ///   - sign: signs with the cluster's authority
  package init(
    engine: Engine, clock: ClusterClock, journal: Journal?, perform: @escaping @Sendable (NodeCommand) -> Void,
    direct: @escaping @Sendable (Traffic) -> Void = { _ in },
    sign: @escaping @Sendable (SigningOrder) -> SigningAnswer = { SigningAnswer($0, .failed("nobody signs here")) }
  ) {
    state = Mutex(State(engine: engine))
    self.clock = clock
    self.journal = journal
    self.perform = perform
    self.direct = direct
    self.sign = sign
  }

  /// Once, before anything else.
  package func boot(apiPort: Int, servesNames: Bool = false, nodes: [String]? = nil) {
    state.withLock { state in
      let effects = state.engine.boot(at: clock.now, apiPort: apiPort, servesNames: servesNames, nodes: nodes)
      perform(effects, &state)
    }
  }

  package func stop() {
    state.withLock { state in
      state.isStopped = true
      for id in state.watches.keys.sorted() { state.watches[id]?.finish() }
      state.watches = [:]
    }
  }

  /// A look at the engine between two steps, for views of the running cluster.
  package func read<Result: Sendable>(_ body: (Engine) -> Result) -> Result { state.withLock { body($0.engine) } }

  package func observe(_ observation: NodeObservation) { receive(.observation(observation)) }
  package func heartbeat(_ nodes: [String], periodSeconds: Int64) {
    receive(.heartbeat(nodes, periodSeconds: periodSeconds))
  }
  package func pressure(_ signals: [NodeSignals], _ readings: [NodeReading]) { receive(.pressure(signals, readings)) }
  package func usage(_ samples: [UsageSample]) { receive(.usage(samples)) }
  package func customMetrics(_ scrapes: [PodScrape]) { receive(.customMetrics(scrapes)) }
  package func adapterMetrics(_ answers: [AdapterAnswer]) { receive(.adapterMetrics(answers)) }
  package func discovery(_ answers: [DiscoveryAnswer]) { receive(.discovery(answers)) }

  private func receive(_ input: Input) {
    state.withLock { state in
      if state.isStopped { return }
      let effects = state.engine.step(input, at: clock.now)
      perform(effects, &state)
    }
  }

  /// Answers a request once everything before it is durable.
  package func answer(_ request: APIRequest) async -> Answer {
    let (id, now): (UInt64, Answer?) = state.withLock { state in
      state.nextRequest += 1
      let id = state.nextRequest
      let effects = state.engine.step(.request(id, request), at: clock.now)
      perform(effects, &state)
      return (id, state.ready.removeValue(forKey: id))
    }
    if let now { return now }
    return await withCheckedContinuation { continuation in
      state.withLock { state in
        if let ready = state.ready.removeValue(forKey: id) {
          continuation.resume(returning: ready)
        } else {
          state.waiting[id] = continuation
        }
      }
    }
  }

  private func perform(_ effects: [Effect], _ state: inout State) {
    for effect in effects {
      switch effect {
      case .append(let records): submit(records, &state)
      case .respond(let id, let response): send(.answer(id, .response(response)), &state)
      case .openWatch(let id, let contentType, let initial): open(id, contentType, initial, &state)
      case .feed(let ids, let line): send(.feed(ids, line), &state)
      case .endWatch(let id): send(.endWatch(id), &state)
      case .node(let command) where command.action.isPreparation && !state.isStopped: perform(command)
      case .node(let command): send(.command(command), &state)
      case .route(let routes): send(.traffic(.route(routes)), &state)
      case .police(let fact): send(.traffic(.police(fact)), &state)
      case .sign(let order): send(.order(order), &state)
      case .wake(let at): wake(at, &state)
      case .fault(let text): Standard.error("fault: " + text)
      }
    }
  }

  private func submit(_ records: [JournalRecord], _ state: inout State) {
    guard let journal else { return }
    state.submitted += 1
    let number = state.submitted
    journal.submit(records.map(\.stored)) { [weak self] result in
      if case .failure(let error) = result {
        Standard.fail("the journal cannot be written: \(error); the cluster stops, so that nothing is lost")
      }
      self?.settled(number)
    }
  }

  private func settled(_ number: UInt64) {
    state.withLock { state in
      state.durable = max(state.durable, number)
      while state.heldStart < state.held.count, state.held[state.heldStart].after <= state.durable {
        release(state.held[state.heldStart].outward, &state)
        state.heldStart += 1
      }
      if state.heldStart == state.held.count {
        state.held.removeAll(keepingCapacity: true)
        state.heldStart = 0
      }
    }
  }

  private func send(_ outward: Outward, _ state: inout State) {
    if state.submitted == state.durable, state.held.isEmpty {
      release(outward, &state)
    } else {
      state.held.append((state.submitted, outward))
    }
  }

  private func release(_ outward: Outward, _ state: inout State) {
    switch outward {
    case .answer(let id, let answer):
      if let continuation = state.waiting.removeValue(forKey: id) {
        continuation.resume(returning: answer)
      } else {
        state.ready[id] = answer
      }
    case .feed(let ids, let line): for id in ids { _ = state.watches[id]?.offer(line) }
    case .endWatch(let id): state.watches.removeValue(forKey: id)?.finish()
    case .command(let command): perform(command)
    case .traffic(let traffic): direct(traffic)
    case .order(let order):
      let sign = sign
      Task.detached { [weak self] in self?.receive(.signed(sign(order))) }
    }
  }

  private func open(_ id: UInt64, _ contentType: String, _ initial: [[UInt8]], _ state: inout State) {
    let stream = ByteStream(maximumBytes: 16 << 20, maximumCount: 100_000)
    for chunk in initial { _ = stream.offer(chunk) }
    state.watches[id] = stream
    stream.onTermination { [weak self] _ in Task { self?.closed(id) } }
    send(.answer(id, .watch(stream, contentType: contentType)), &state)
  }

  private func closed(_ id: UInt64) {
    state.withLock { state in
      guard !state.isStopped, state.watches.removeValue(forKey: id) != nil else { return }
      let effects = state.engine.step(.watchClosed(id), at: clock.now)
      perform(effects, &state)
    }
  }

  private func wake(_ at: CoreObjects.Instant, _ state: inout State) {
    state.timer += 1
    let number = state.timer
    let delay = clock.wait(until: at)
    Task.detached { [weak self] in
      if delay > .zero { try? await Task.sleep(for: delay) }
      self?.fire(number)
    }
  }

  private func fire(_ number: UInt64) {
    state.withLock { state in
      guard number == state.timer, !state.isStopped else { return }
      let effects = state.engine.step(.timer, at: clock.now)
      perform(effects, &state)
    }
  }
}

extension JournalRecord {
  /// As the journal's file keeps it.
  var stored: JournalEntry {
    switch self {
    case .put(let object): .put(object.key, revision: object.revision, bytes: object.encoded)
    case .delete(let object, let revision): .delete(object, revision: revision)
    }
  }
}
