/// The group versions that other servers serve, by the APIServices in the store, and what those servers answered last.
package struct AggregatedGroups: Sendable {
  /// APIServices with a service at the most that are asked.
  package static let limit = 200

  /// Names of the APIServices of what this server serves itself: those stay its own, whatever the store holds.
  package let own: Set<String>
  /// The group that steps aside for a server behind a Service, as long as that answers: somebody's metrics-server.
  private static let yieldingGroup = "metrics.k8s.io"
  private var answers: [String: DiscoveryAnswer] = [:]
  /// What each has served when it could last be asked.
  private var resources: [String: [JSON]] = [:]

  package init(own: Set<String> = []) { self.own = own }

  /// One condition Available.
  package struct Condition: Sendable, Equatable {
    package var isTrue: Bool
    package var reason: String
    package var message: String
  }

  // MARK: Who serves what

  /// The APIService by which another server serves a group version; nil where none does.
  package func service(group: String, version: String, _ store: Store) -> StoredObject? {
    let mayYield = group == AggregatedGroups.yieldingGroup
    let name = version + "." + group
    guard mayYield || !own.contains(name), let stored = store.get(.apiServices, name), isServed(stored, store) else { return nil }
    return stored
  }

  /// All of them, sorted by name.
  package func services(_ store: Store) -> [StoredObject] { candidates(store).filter { isServed($0, store) } }

  /// Whether a group version that is in the table is served by another server just now.
  package func isElsewhere(group: String, version: String, _ store: Store) -> Bool {
    group == AggregatedGroups.yieldingGroup && service(group: group, version: version, store) != nil
  }

  /// What is served here is served by the server behind its APIService only while that answers.
  private func isServed(_ stored: StoredObject, _ store: Store) -> Bool {
    guard isCandidate(stored) else { return false }
    guard own.contains(stored.key.name) else { return true }
    guard let backend = try? ServiceBackend(stored, store), case .resources = answer(of: backend) else { return false }
    return true
  }

  private func isCandidate(_ stored: StoredObject) -> Bool {
    let mayBe = !own.contains(stored.key.name) || stored.tree[.spec][.group].string == AggregatedGroups.yieldingGroup
    return mayBe && stored.tree[.spec][.service].isObject
  }

  private func candidates(_ store: Store) -> [StoredObject] {
    Array(store.list(.apiServices).filter(isCandidate).prefix(AggregatedGroups.limit))
  }

  /// The versions of a group that other servers serve, the preferred one first.
  package func versions(of group: String, _ store: Store) -> [String] {
    let found = services(store).map { $0.view(APIService.self).spec }.filter { $0.group == group }
    return found.sorted {
      ($1.versionPriority ?? 0, $0.version ?? "") < ($0.versionPriority ?? 0, $1.version ?? "")
    }.compactMap(\.version)
  }

  /// Every backend there is: those to be asked what they serve.
  package func backends(_ store: Store) -> [ServiceBackend] { candidates(store).compactMap { try? ServiceBackend($0, store) } }

  // MARK: What they answered

  package mutating func add(_ all: [DiscoveryAnswer], _ store: Store) {
    for answer in all {
      answers[answer.backend.apiService] = answer
      if case .resources(let listed) = answer.outcome { resources[answer.backend.apiService] = listed }
    }
    for name in answers.keys.sorted() where store.get(.apiServices, name) == nil {
      answers[name] = nil
      resources[name] = nil
    }
  }

  /// What the present backend answered last; nil while it has not been asked.
  package func answer(of backend: ServiceBackend) -> DiscoveryAnswer.Outcome? {
    guard let answer = answers[backend.apiService], answer.backend == backend else { return nil }
    return answer.outcome
  }

  /// The resources of an APIService as they were listed last, also while it does not answer; nil before that.
  package func resources(of name: String) -> [JSON]? { resources[name] }

  /// Whether an APIService can be used; nil while that is not known. Source: availability controllers of kube-aggregator, v1.36.
  package func condition(_ stored: StoredObject, _ store: Store) -> Condition? {
    if !stored.tree[.spec][.service].isObject || (own.contains(stored.key.name) && !isServed(stored, store)) {
      return Condition(isTrue: true, reason: "Local", message: "served by this server itself")
    }
    do throws(ServiceBackend.Missing) {
      switch answer(of: try ServiceBackend(stored, store)) {
      case nil: return nil
      case .resources: return Condition(isTrue: true, reason: "Passed", message: "all checks passed")
      case .failed(let message): return Condition(isTrue: false, reason: "FailedDiscoveryCheck", message: message)
      }
    } catch {
      return Condition(isTrue: false, reason: error.reason, message: error.message)
    }
  }
}
