package import CoreAPI
import CoreControllers
package import CoreEngine
import CoreJSON
import CoreMetrics
package import CoreNode
import CoreStore
package import CoreTypes

/// The control plane in virtual time: when nothing is left to do, time jumps to the next thing that happens.
/// One seed decides everything; the same seed gives the same bytes.
package struct VirtualCluster: Sendable {
  /// Cluster time between two scrapes.
  package static let scrapePeriod = Duration.seconds(15)

  package private(set) var engine: Engine
  package private(set) var now: Instant
  package var nodes: VirtualNodes
  /// How many inputs were taken: a measure of work, and a check that two runs are the same.
  package private(set) var steps = 0

  private var happenings: [Happening] = []  // a heap by (at, sequence)
  private var sequence: UInt64 = 0
  private var wakeAt: Instant?
  private var nextRequest: UInt64 = 0
  private var answers: [UInt64: APIResponse] = [:]

  private struct Happening: Sendable {
    var at: Instant
    var sequence: UInt64
    var event: VirtualEvent
  }

  package init(seed: UInt64, nodes names: [String], start: Instant, timeZones: TimeZoneDatabase = .utcOnly) {
    var configuration = APIConfiguration(
      sign: { claims in "simulated." + Base64.encode(claims.encoded()) },
      verify: { token in Base64.decode(String(token.drop { $0 != "." }.dropFirst())).flatMap { try? JSONParser.parse($0) } })
    configuration.timeZones = timeZones
    var random = RandomSource(seed: seed)
    nodes = VirtualNodes(names: names, random: RandomSource(seed: random.next()))
    let server = APIServer(resources: Resources.all, configuration: configuration, random: random)
    engine = Engine(
      server: server, controllers: Controllers.all(certificateAuthority: "simulated", zone: { timeZones.rules($0) }))
    now = start
    carryOut(engine.boot(at: now))
    for name in names { schedule(.observation(NodeObservation(node: name, event: .nodeReady(nodes.facts(of: name)))), at: now) }
    schedule(.scrape, at: now + VirtualCluster.scrapePeriod)
  }

  package mutating func schedule(_ event: VirtualEvent, at instant: Instant) {
    sequence += 1
    happenings.append(Happening(at: max(instant, now), sequence: sequence, event: event))
    var child = happenings.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      happenings.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (happenings[a].at, happenings[a].sequence) < (happenings[b].at, happenings[b].sequence)
  }

  private mutating func popHappening() -> Happening {
    happenings.swapAt(0, happenings.count - 1)
    let first = happenings.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < happenings.count && precedes(child, least) { least = child }
      if least == parent { return first }
      happenings.swapAt(parent, least)
      parent = least
    }
  }

  /// Lets everything happen up to and including `end`.
  package mutating func run(until end: Instant) {
    while true {
      let happening = happenings.first?.at
      let wake = wakeAt
      guard let next = [happening, wake].compactMap({ $0 }).min(), next <= end else { break }
      now = max(now, next)
      if let wake, wake <= now, happening.map({ wake <= $0 }) ?? true {
        wakeAt = nil
        step(.timer)
      } else {
        take(popHappening().event)
      }
    }
    now = max(now, end)
  }

  private mutating func take(_ event: VirtualEvent) {
    switch event {
    case .observation(let observation):
      nodes.note(observation)
      step(.observation(observation))
    case .scrape:
      step(.usage(nodes.usage(at: now)))
      schedule(.scrape, at: now + VirtualCluster.scrapePeriod)
    case .program(let containerID):
      for (event, at) in VirtualPrograms.proceed(containerID, in: &self) { schedule(event, at: at) }
    }
  }

  /// Mistakes of the control plane's own; there should be none.
  package private(set) var faults: [String] = []

  private mutating func step(_ input: Input) {
    steps += 1
    carryOut(engine.step(input, at: now))
  }

  private mutating func carryOut(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .node(let command): for (event, at) in nodes.perform(command, at: now) { schedule(event, at: at) }
      case .respond(let id, let response): answers[id] = response
      case .openWatch(let id, let contentType, let initial):
        answers[id] = .body(status: 200, contentType: contentType, chunks: initial, headers: [])
      case .wake(let at): wakeAt = at
      case .fault(let text): faults.append(text)
      case .append, .feed, .endWatch: continue
      }
    }
  }

  /// One API request, answered before time goes on.
  package mutating func request(
    _ method: String, _ path: String, query: String = "", contentType: String = "application/json", body: [UInt8] = [],
    credential: Credential = .certificate(commonName: "admin", organizations: ["system:masters"])
  ) -> APIResponse {
    nextRequest += 1
    let request = APIRequest(
      method: method, path: path, query: query, contentType: contentType, userAgent: "simulation", body: body,
      credential: credential)
    step(.request(nextRequest, request))
    return answers.removeValue(forKey: nextRequest)!
  }
}

/// What happens in the virtual world.
package enum VirtualEvent: Sendable {
  case observation(NodeObservation)
  case scrape
  /// A running program comes to its next step.
  case program(containerID: String)
}
