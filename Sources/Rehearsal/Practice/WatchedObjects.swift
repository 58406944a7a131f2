import CoreObjects
import Synchronization

/// The objects of a collection, kept up by a watch. A watch that has ended (servers end each after a while) is opened again at the
/// next look.
final class WatchedObjects: Sendable {
  private struct State {
    var objects: [String: JSON] = [:]
    var isChanged = false
    /// Names of objects that went, in their order, since they were asked for.
    var removed: [String] = []
    var isOpen = false
    var close: (@Sendable () -> Void)?
  }
  private let access: any ClusterAccess
  private let path: String
  private let choice: ObjectChoice
  private let state = Mutex(State())

  init(_ access: any ClusterAccess, _ path: String, _ choice: ObjectChoice = .all) {
    self.access = access
    self.path = path
    self.choice = choice
  }

  /// The objects by name; nil where they are as they were at the look before.
  func changes() async throws -> [JSON]? {
    if !state.withLock({ $0.isOpen }) { try await open() }
    return state.withLock { state in
      guard state.isChanged else { return nil }
      state.isChanged = false
      return state.objects.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  func removals() -> [String] {
    state.withLock { state in
      defer { state.removed = [] }
      return state.removed
    }
  }

  func close() { state.withLock { $0.close.take() }?() }

  private func open() async throws {
    let list = try await access.get(path, query: choice.query)
    // What is not answered now is no reason to take everything for gone: it is asked for again at the next look.
    if list.isNull { return }
    let revision = list[.metadata][.resourceVersion].string ?? ""
    let present = list[.items].elements.map { ($0[.metadata][.name].string ?? "", $0) }
    state.withLock { state in
      let objects = Dictionary(present, uniquingKeysWith: { $1 })
      // Of what went unseen the order is not known: the highest ordinal is the likeliest to have gone first.
      state.removed += state.objects.keys.filter { objects[$0] == nil }.sorted(by: >)
      state.objects = objects
      state.isChanged = true
      state.isOpen = true
    }
    let close = try await access.watch(path, choice, from: revision) { [self] in receive($0) }
    state.withLock { $0.close = close }
  }

  private func receive(_ event: ObjectEvent) {
    state.withLock { state in
      switch event {
      case .ended:
        state.isOpen = false
        return
      case .put(let object): state.objects[object[.metadata][.name].string ?? ""] = object
      case .gone(let name):
        guard state.objects.removeValue(forKey: name) != nil else { return }
        state.removed.append(name)
      }
      state.isChanged = true
    }
  }
}
