/// The group versions that other servers serve, by the APIServices in the store, and what those servers answered last.
package struct AggregatedGroups: Sendable {
  /// APIServices with a service at the most that are asked.
  package static let limit = 200

  /// Names of the APIServices of what this server serves itself: those stay its own, whatever the store holds.
  package let own: Set<String>
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
    let name = version + "." + group
    guard !own.contains(name), let stored = store.get(.apiServices, name) else { return nil }
    return stored.tree[.spec][.service].isObject ? stored : nil
  }

  /// All of them, sorted by name.
  package func services(_ store: Store) -> [StoredObject] {
    let found = store.list(.apiServices).filter { $0.tree[.spec][.service].isObject && !own.contains($0.key.name) }
    return Array(found.prefix(AggregatedGroups.limit))
  }

  /// The versions of a group that other servers serve, the preferred one first.
  package func versions(of group: String, _ store: Store) -> [String] {
    let found = services(store).map { $0.view(APIService.self).spec }.filter { $0.group == group }
    return found.sorted {
      ($1.versionPriority ?? 0, $0.version ?? "") < ($0.versionPriority ?? 0, $1.version ?? "")
    }.compactMap(\.version)
  }

  /// Every backend there is: those to be asked what they serve.
  package func backends(_ store: Store) -> [ServiceBackend] { services(store).compactMap { try? ServiceBackend($0, store) } }

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
    if own.contains(stored.key.name) || !stored.tree[.spec][.service].isObject {
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
