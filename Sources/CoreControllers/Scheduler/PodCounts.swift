import CoreObjects

/// Pods to be counted: those that all terms match.
struct PodQuery: Hashable, Sendable {
  var terms: [NeighbourTerm]
  /// Whether pods that are being deleted count: for affinity they do, for spreading they do not.
  var countsLeaving: Bool
}

/// How many placed pods of each node some queries match. A query costs a look at all pods once; then it is kept up with every
/// change, so that pods of one template are placed without counting all pods for each of them.
struct PodCounts: Sendable {
  /// More queries than this are removed, all at once, and counted again when they are asked for.
  private static let limit = 256

  private var places: [PodQuery: Int] = [:]
  private var queries: [PodQuery] = []
  private var tallies: [[String: Int]] = []

  var isEmpty: Bool { queries.isEmpty }

  subscript(query: PodQuery) -> [String: Int] { places[query].map { tallies[$0] } ?? [:] }

  /// Counts what was not asked for before.
  mutating func count(_ wanted: [PodQuery], _ store: Store) {
    let missing = wanted.filter { places[$0] == nil }
    if missing.isEmpty { return }
    if queries.count + missing.count > PodCounts.limit {
      removeAll()
      return count(wanted, store)
    }
    let first = queries.count
    for query in missing where places[query] == nil {
      places[query] = queries.count
      queries.append(query)
      tallies.append([:])
    }
    for stored in store.list(.pods) {
      let pod = stored.view(Pod.self)
      if let node = ClusterUsage.place(of: pod) { add(pod, on: node, 1, store, from: first) }
    }
  }

  mutating func add(_ pod: Pod, on node: String, _ sign: Int, _ store: Store, from first: Int = 0) {
    let metadata = pod.metadata
    let labels = metadata.labels
    let namespace = metadata.namespace ?? ""
    let isLeaving = metadata.deletionTimestamp != nil
    for index in first..<queries.count {
      if isLeaving, !queries[index].countsLeaving { continue }
      guard queries[index].terms.allSatisfy({ $0.matches(labels, namespace: namespace, store) }) else { continue }
      let count = tallies[index][node, default: 0] + sign
      tallies[index][node] = count == 0 ? nil : count
    }
  }

  /// The labels of a namespace have changed, or there is too much.
  mutating func removeAll() {
    places = [:]
    queries = []
    tallies = []
  }
}

/// The rules that placed pods have about new ones, each with how many pods of each node have it.
struct PlacedTerms: Sendable {
  private var places: [NeighbourTerms.Weighted: Int] = [:]
  private(set) var terms: [NeighbourTerms.Weighted] = []
  private(set) var tallies: [[String: Int]] = []

  mutating func add(_ term: NeighbourTerms.Weighted, on node: String, _ sign: Int) {
    let place = places[term] ?? terms.count
    if place == terms.count {
      places[term] = place
      terms.append(term)
      tallies.append([:])
    }
    let count = tallies[place][node, default: 0] + sign
    tallies[place][node] = count == 0 ? nil : count
    if !tallies[place].isEmpty { return }
    // The last one takes the place.
    places[term] = nil
    terms.swapAt(place, terms.count - 1)
    tallies.swapAt(place, tallies.count - 1)
    terms.removeLast()
    tallies.removeLast()
    if place < terms.count { places[terms[place]] = place }
  }
}
