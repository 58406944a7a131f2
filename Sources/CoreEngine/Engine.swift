package import CoreAPI
package import CoreControllers
package import CoreNode
package import CoreObjects

/// The whole control plane as one state machine: an input and the time in, effects out. Synchronous and deterministic; the same
/// inputs give the same effects, byte for byte.
package struct Engine: Sendable {
  /// Reconciles of one step at the most, so that requests are not kept waiting; what is left asks for a wake-up at once.
  static let stepBudget = 256
  static let bookmarkPeriod = Duration.seconds(60)
  /// How long a request waits for a revision. Source: blockTimeout, storage/cacher/watch_cache.go, v1.36.
  static let revisionPatience = Duration.seconds(3)

  var writer: Writer
  package internal(set) var server: APIServer
  /// What was measured.
  package internal(set) var metrics = MetricsWindow()
  /// What other servers serve.
  package internal(set) var aggregation: AggregatedGroups
  package internal(set) var controllers: [any Controller]
  package internal(set) var planner = NodePlanner()
  /// None where no traffic flows.
  package private(set) var proxy: ServiceProxy?
  private var facts: [PolicyFact] = []
  var queue = WorkQueue()
  var timers = TimerHeap<Wake>()
  var watches = WatchTable()
  /// Requests for a revision that is still to come, in order.
  private var waiting: [(id: UInt64, request: APIRequest, revision: UInt64)] = []
  var recorder = EventRecorder()
  /// UIDs of pods whose node plan is to be looked at, in order.
  var pods: [String] = []
  var effects: [Effect] = []
  /// Which controllers are asked about the changes of a resource.
  private var listeners = ResourceMap<[Int]>()
  /// Of each controller.
  private let resources: [Set<ResourceID>?]
  private var lastWake: Instant?
  /// What every cluster has: resource, namespace, object.
  var clusterObjects: [(ResourceID, String, JSON)] = []

  enum Wake: Hashable, Sendable {
    case reconcile(WorkQueue.Item)
    case pod(String)
    /// A request that waited for a revision has waited long enough.
    case waited(UInt64)
    case watchTimeout(UInt64)
    case bookmarks
    /// Something that every cluster has was deleted.
    case clusterObjects
  }

  /// - Parameters:
  ///   - store: what a journal has kept
  ///   - proxy: what makes routes of Services, where they are wanted
  package init(
    _ configuration: APIConfiguration, random: RandomSource, store: Store = Store(), controllers: [any Controller],
    proxy: ServiceProxy? = nil
  ) {
    server = APIServer(configuration: configuration)
    writer = server.writer(random: random, store: store)
    aggregation = server.aggregatedGroups
    self.controllers = controllers
    resources = controllers.map(\.resources)
    self.proxy = proxy
  }

  package var store: Store { writer.store }

  /// The controller of a type, where this engine has it.
  package func controller<Found: Controller>(_ type: Found.Type) -> Found? { controllers.lazy.compactMap { $0 as? Found }.first }

  /// Objects waiting for a reconcile: 0 when the cluster has nothing to do until the next wake-up.
  package var backlog: Int { queue.count + pods.count }
  package var watchCount: Int { watches.count }

  /// Takes one input at `now` (never before an earlier one) and says what is to be done.
  package mutating func step(_ input: Input, at now: Instant) -> [Effect] {
    switch input {
    case .request(let id, let request): answer(id, request, now)
    case .watchClosed(let id):
      if watches.remove(id) { timers.cancel(.watchTimeout(id)) }
    case .observation(let observation):
      observe(observation, now)
      settle(now)
      work(now)
    case .heartbeat(let nodes, let period):
      beat(nodes, periodSeconds: period, now)
      settle(now)
      work(now)
    case .pressure(let signals, let readings):
      relieve(signals, readings, now)
      settle(now)
      work(now)
    case .usage(let samples):
      wake(metrics.add(samples))
      receiveReturning(samples.lazy.filter(\.podUID.isEmpty).map(\.node), now)
      work(now)
    case .usageChanges(let changes):
      wake(metrics.add(changes))
      receiveReturning(changes.nodes, now)
      work(now)
    case .customMetrics(let scrapes): record(scrapes, now)
    case .adapterMetrics(let answers): metrics.adapters.replace(with: answers)
    case .discovery(let answers):
      record(answers)
      work(now)
    case .signed(let answer):
      receive(answer, now)
      settle(now)
      work(now)
    case .timer:
      fire(now)
      settle(now)
      work(now)
    }
    settle(now)
    if !waiting.isEmpty { answerWaiting(now) }
    askToWake(now)
    return takeEffects()
  }

  /// Once, before the first step: looks at every object that the store holds, as controllers do after a restart.
  package mutating func start(at now: Instant) -> [Effect] {
    let snapshot = snapshot
    for resource in store.resources {
      for object in store.list(resource) { distribute(StoreChange(kind: .added, object: object, previous: nil), in: snapshot) }
    }
    settle(now)
    askToWake(now)
    return takeEffects()
  }

  /// Moves them out: if the engine kept them too, the next step would have to copy the array before it adds to it. That step will
  /// have about as many.
  private mutating func takeEffects() -> [Effect] {
    let store = store
    if let routes = proxy?.takeRoutes(store) { effects += routes.map { .route($0) } }
    if !facts.isEmpty { effects = facts.map { .police($0) } + effects }
    facts.removeAll(keepingCapacity: true)
    var taken: [Effect] = []
    taken.reserveCapacity(effects.count)
    swap(&taken, &effects)
    return taken
  }

  /// What controllers may look at now.
  var snapshot: Snapshot { Snapshot(store: store, metrics: metrics, aggregation: aggregation) }

  /// An endpoint that did not answer is reported once, not at every scrape.
  private mutating func record(_ scrapes: [PodScrape], _ now: Instant) {
    for scrape in scrapes {
      guard case .failed(let failure) = scrape.outcome,
        failure != metrics.custom.problem(namespace: scrape.namespace, podUID: scrape.podUID),
        let pod = store.get(.pods, namespace: scrape.namespace, scrape.pod), pod.uid == scrape.podUID
      else { continue }
      let draft = pod.event(.warning, "FailedScrape", "the metrics of the pod could not be read: \(failure)")
      recorder.record(draft, component: "kubelet", host: pod.view(Pod.self).spec.nodeName ?? "", writer: &writer, at: now)
    }
    metrics.custom.add(scrapes)
  }

  private mutating func answer(_ id: UInt64, _ request: APIRequest, _ now: Instant, isPatient: Bool = true) {
    do throws(APIError) {
      let response = try server.answer(request, &writer, metrics: metrics, aggregation: aggregation, at: now)
      settle(now)
      respond(id, response, now)
    } catch {
      settle(now)
      guard isPatient, let revision = error.awaitedRevision else { return effects.append(.respond(id, error.response)) }
      waiting.append((id, request, revision))
      timers.set(.waited(id), at: now + Engine.revisionPatience)
    }
  }

  /// Answers those whose revision has come.
  private mutating func answerWaiting(_ now: Instant) {
    while let index = waiting.firstIndex(where: { $0.revision <= store.revision }) {
      let (id, request, _) = waiting.remove(at: index)
      timers.cancel(.waited(id))
      answer(id, request, now)
    }
  }

  private mutating func respond(_ id: UInt64, _ response: APIResponse, _ now: Instant) {
    guard case .watch(let watch, let contentType) = response else {
      effects.append(.respond(id, response))
      return
    }
    guard watches.count < WatchTable.limit else {
      let error = APIError.tooManyRequests(
        "more than \(WatchTable.limit) watches are open; close some and try again", retryAfterSeconds: 1)
      effects.append(.respond(id, error.response))
      return
    }
    watches.add(id, watch)
    if let seconds = watch.timeoutSeconds { timers.set(.watchTimeout(id), at: now + .seconds(seconds)) }
    if watch.allowBookmarks { timers.set(.bookmarks, at: now + Engine.bookmarkPeriod) }
    effects.append(.openWatch(id, contentType: contentType, initial: watch.initial))
  }

  private mutating func fire(_ now: Instant) {
    while let wake = timers.popDue(at: now) {
      switch wake {
      case .reconcile(let item): queue.add(item)
      case .pod(let uid): pods.append(uid)
      case .clusterObjects: makeClusterObjects(now)
      case .waited(let id):
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { continue }
        answer(id, waiting.remove(at: index).request, now, isPatient: false)
      case .watchTimeout(let id):
        if watches.remove(id) { effects.append(.endWatch(id)) }
      case .bookmarks:
        let ids = watches.bookmarked
        for id in ids {
          if let line = watches.bookmark(id, revision: store.revision) { effects.append(.feed([id], line)) }
        }
        if !ids.isEmpty { timers.set(.bookmarks, at: now + Engine.bookmarkPeriod) }
      }
    }
  }

  /// Journals what was written, and passes it on to watches, controllers and nodes.
  /// - Parameter except: a key that needs no look at what was written
  mutating func settle(_ now: Instant, except: WorkQueue.Item? = nil) {
    let changes = writer.takeChanges()
    if changes.isEmpty { return }
    effects.append(.append(changes.map(\.record)))
    // A change is only queued for its controllers here: the store stays as it is.
    let snapshot = snapshot
    for change in changes {
      for (ids, line) in watches.lines(for: change, at: now) { effects.append(.feed(ids, line)) }
      distribute(change, in: snapshot, except: except)
      switch change.kind {
      case .added: createVolumeDirectory(change)
      case .deleted:
        deleteVolumeDirectory(change)
        if comesAgain(change.object.key) { timers.set(.clusterObjects, at: now + Engine.clusterObjectsDelay) }
      case .modified: break
      }
    }
  }

  private mutating func wake(_ podUIDs: [String]) {
    for index in controllers.indices {
      for key in controllers[index].keys(affectedByUsageOf: podUIDs) { queue.add(.init(controller: index, key: key)) }
    }
  }

  private mutating func listeners(to resource: ResourceID) -> [Int] {
    if let known = listeners[resource] { return known }
    let isCustom = store.customKinds.find(resource) != nil
    let found = resources.indices.filter {
      resources[$0]?.contains(resource) != false || (isCustom && controllers[$0].followsCustomKinds)
    }
    _ = listeners.reserve(resource, found)
    return found
  }

  private mutating func distribute(_ change: StoreChange, in snapshot: Snapshot, except: WorkQueue.Item? = nil) {
    for index in listeners(to: change.object.key.resource) {
      for key in controllers[index].keys(affectedBy: change, in: snapshot) {
        let item = WorkQueue.Item(controller: index, key: key)
        if item != except { queue.add(item) }
      }
    }
    pods += planner.uids(affectedBy: change)
    if proxy == nil { return }
    proxy?.receive(change)
    if let fact = PolicyFact(change) { facts.append(fact) }
  }

  /// Reconciles what waits, up to the budget.
  private mutating func work(_ now: Instant) {
    var budget = Engine.stepBudget
    while budget > 0 {
      if !pods.isEmpty {
        planPods(now)
        settle(now)
      }
      guard let (plan, item) = plan(&budget, now) else {
        if pods.isEmpty { return }
        continue
      }
      let isConcluded = apply(plan, item, now)
      settle(now, except: isConcluded ? item : nil)
    }
  }

  /// Looks at what waits, until something is to be written: what is only looked at costs one snapshot for all.
  private mutating func plan(_ budget: inout Int, _ now: Instant) -> (Plan, WorkQueue.Item)? {
    let snapshot = snapshot
    while budget > 0, let item = queue.pop() {
      budget -= 1
      let plan = controllers[item.controller].plan(item.key, in: snapshot, at: now)
      if !plan.changes.isEmpty || !pods.isEmpty { return (plan, item) }
      _ = apply(plan, item, now)
    }
    return nil
  }

  private mutating func askToWake(_ now: Instant) {
    let next = backlog > 0 ? now : timers.next
    guard let next, next != lastWake || next <= now else { return }
    lastWake = next
    effects.append(.wake(at: next))
  }
}

extension StoreChange {
  /// As the journal keeps it.
  var record: JournalRecord { kind == .deleted ? .delete(object.key, revision: object.revision) : .put(object) }
}
