import CoreEngine
import CoreNode
import CoreObjects
import EdgeLinux
import EdgeRuntime
import Synchronization

/// Why a fault is not made, or not healed.
package struct FaultError: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Faults of the cluster's network that somebody has asked for, until they heal.
final class NetworkFaults: Sendable {
  /// Faults at a time.
  static let limit = 100

  private struct Entry {
    let number: Int
    let fault: NetworkFault
    /// In cluster time.
    let until: CoreObjects.Instant?
    var addresses: [[String]]
  }

  private struct State {
    var entries: [Entry] = []
    var last = 0
  }

  private let host: EngineHost
  private let network: ClusterNetwork
  private let rules: RuleInstaller<FaultRules>
  private let state = Mutex(State())

  init(_ host: EngineHost, _ network: ClusterNetwork, _ rules: RuleInstaller<FaultRules>) {
    (self.host, self.network, self.rules) = (host, network, rules)
  }

  /// - Parameter seconds: of cluster time, after which it heals by itself; nil: never
  /// - Returns: what it is, in a line
  func make(_ fault: NetworkFault, seconds: Double?) async throws(FaultError) -> String {
    if let problem = host.read({ engine in fault.ends.lazy.compactMap { $0.problem(in: engine.store) }.first }) {
      throw FaultError(problem)
    }
    guard state.withLock({ $0.entries.count }) < NetworkFaults.limit else {
      throw FaultError("there are \(NetworkFaults.limit) faults already, and there may be no more")
    }
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    if case .delay(let milliseconds, let jitter) = fault.effect {
      do { try await network.addDelay(number: number, milliseconds: milliseconds, jitter: jitter) } catch {
        await removeDelay(number)
        throw FaultError("packets cannot be delayed: \(error); net loss and net cut need no such module")
      }
    }
    let until = seconds.map { host.clock.now + .nanoseconds(Int64($0 * 1e9)) }
    state.withLock { $0.entries.append(Entry(number: number, fault: fault, until: until, addresses: [])) }
    refresh()
    await rules.settle()
    if let refusal = rules.refusal {
      _ = try await heal(number)
      throw FaultError("this machine's kernel does not take the fault: \(refusal)")
    }
    if let until {
      Task.detached { [weak self, clock = host.clock] in
        try? await Task.sleep(for: clock.wait(until: until))
        _ = try? await self?.heal(number)
      }
    }
    return lines.last { $0.hasPrefix("\(number)  ") } ?? ""
  }

  /// - Parameter number: nil: all of them
  /// - Returns: what was healed, in lines
  func heal(_ number: Int?) async throws(FaultError) -> [String] {
    let healed = state.withLock { state in
      defer { if let number { state.entries.removeAll { $0.number == number } } else { state.entries = [] } }
      return state.entries.filter { number == nil || $0.number == number }
    }
    if let number, healed.isEmpty { throw FaultError("there is no fault \(number); 'wavetank net show' lists them") }
    for entry in healed {
      rules.replace(PlacedFault(number: entry.number))
      if case .delay = entry.fault.effect { await removeDelay(entry.number) }
    }
    await rules.settle()
    return healed.map { "healed: \($0.fault)" }
  }

  private func removeDelay(_ number: Int) async {
    let others = state.withLock { state in
      state.entries.contains { if case .delay = $0.fault.effect { $0.number != number } else { false } }
    }
    await network.removeDelay(number: number, isLast: !others)
  }

  /// Faults follow the pods that there are now.
  func refresh() {
    let entries = state.withLock(\.entries)
    if entries.isEmpty { return }
    let addresses = host.read { engine in entries.map { entry in entry.fault.ends.map { $0.addresses(in: engine.store) } } }
    state.withLock { state in
      for (entry, addresses) in zip(entries, addresses) {
        guard let index = state.entries.firstIndex(where: { $0.number == entry.number }),
          state.entries[index].addresses != addresses
        else { continue }
        state.entries[index].addresses = addresses
        rules.replace(PlacedFault(number: entry.number, entry.fault.effect, addresses))
      }
    }
  }

  /// Returns once faults hit all pods that there are.
  func settle() async {
    refresh()
    await rules.settle()
  }

  /// What there is, a line each.
  var lines: [String] {
    let now = host.clock.now
    return state.withLock(\.entries).map { entry in
      let counts = entry.addresses.map { "\($0.count)" }.joined(separator: " and ")
      let left = entry.until.map { "heals in \(max(0, ($0.nanoseconds - now.nanoseconds + 999_999_999) / 1_000_000_000))s" }
      return
        "\(entry.number)  \(entry.fault) (\(counts) \(counts == "1" ? "address" : "addresses")); \(left ?? "until it is healed")"
    }
  }
}
