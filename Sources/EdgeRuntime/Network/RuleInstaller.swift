package import CoreNode
import CoreObjects
import Synchronization

/// Brings rules into the kernel, by nftables in a network: all that has come while one transaction was carried out is the
/// next one.
package final class RuleInstaller<Rules: KernelRules>: Sendable {
  private struct State {
    var network: NetworkTools?
    /// Before any word, and as they are now.
    var fresh: Rules?
    var rules: Rules?
    /// The last word of everybody who has any.
    var words: [ObjectKey: Rules.Word] = [:]
    /// What the kernel does not know yet.
    var pending: [ObjectKey: Rules.Word] = [:]
    var worker: Task<Void, Never>?
    /// The rules may be others than we think.
    var isDoubtful = false
    /// They are made anew now, and not with the next word.
    var startsOver = false
    /// Why the kernel refused the last transaction.
    var refusal: (any Error)?
    /// How many words have come, and how many of them are in what was carried out last.
    var told = 0
    var begun = 0
    /// Who waits until so many are in the kernel.
    var waiting: [(told: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  /// Flows that are forgotten one by one.
  private static var forgottenLimit: Int { 20 }
  private let state = Mutex(State())
  private let report: @Sendable (any Error) -> Void

  /// - Parameter report: takes why the kernel refuses
  package init(report: @escaping @Sendable (any Error) -> Void = { _ in }) { self.report = report }

  /// Begins in a network; what was said before is carried out now.
  /// - Parameter rules: before any word
  /// - Throws: `NetworkError` where there is no nftables; nothing is ever carried out then.
  package func open(_ network: NetworkTools, _ rules: Rules) async throws {
    try await network.filter(RuleInstaller.empty(rules) + rules.base)
    state.withLock { state in
      (state.network, state.fresh, state.rules) = (network, rules, rules)
      start(&state)
    }
  }

  /// The table has gone: it is made again, with all that was said.
  package func reinstall() {
    state.withLock { state in
      state.startsOver = true
      start(&state)
    }
  }

  /// Nothing is carried out any more.
  package func close() async {
    state.withLock { $0.network = nil }
    await settle()
  }

  /// Why what was said last is not in force: the kernel has refused it, also from the beginning, or nothing is ever carried out.
  package var refusal: (any Error)? { state.withLock { $0.network == nil ? NetworkError.noRules : $0.refusal } }

  /// Has it be so from now on; never blocks.
  package func replace(_ word: Rules.Word) {
    state.withLock { state in
      state.words[word.key] = word.isNothing ? nil : word
      state.pending[word.key] = word
      state.told += 1
      start(&state)
    }
  }

  /// Returns once the kernel has what was said before, or has refused it.
  package func settle() async {
    await withCheckedContinuation { continuation in
      let isSettled = state.withLock { state in
        if state.worker == nil { return true }
        state.waiting.append((state.told, continuation))
        return false
      }
      if isSettled { continuation.resume() }
    }
  }

  private static func empty(_ rules: Rules) -> String { "add table \(rules.table)\ndelete table \(rules.table)\n" }

  private func start(_ state: inout State) {
    guard state.network != nil, state.worker == nil, !state.pending.isEmpty || state.startsOver else { return }
    state.worker = Task.detached { [weak self] in
      while let self, let (update, network) = self.next() {
        do {
          try await network.filter(update.script)
          await RuleInstaller.forget(update.forgotten, network)
          self.state.withLock { ($0.isDoubtful, $0.refusal) = (false, nil) }
        } catch {
          self.report(error)
          self.state.withLock { state in
            // Once more from the beginning; whoever fails twice waits for the next change.
            (state.startsOver, state.isDoubtful, state.refusal) = (!state.isDoubtful, true, error)
          }
        }
      }
    }
  }

  /// Has the kernel ask again where datagrams go that go nowhere now. Where many do, all are asked about again: whoever has a backend
  /// may get another.
  private static func forget(_ flows: [RuleUpdate.Flow], _ network: NetworkTools) async {
    let each = flows.map { flow in
      [
        "--orig-dst", flow.frontend.address, "--orig-port-dst", "\(flow.frontend.port)", "--reply-src", flow.backend.address,
        "--reply-port-src", "\(flow.backend.port)",
      ]
    }
    // It fails where there is nothing to forget.
    for filter in each.count > forgottenLimit ? [["--dst-nat"]] : each {
      _ = try? await network.ask("conntrack", ["--delete", "--proto", "udp"] + filter)
    }
  }

  /// The next transaction; nil when there is none, and the worker ends.
  private func next() -> (RuleUpdate, NetworkTools)? {
    let (found, settled) = state.withLock { state in
      let startsOver = state.startsOver
      let found = take(&state)
      if found == nil { state.worker = nil }
      // What starts over is there again before anybody hears of it.
      let known = found == nil ? state.told : startsOver ? -1 : state.begun
      let settled = state.waiting.filter { $0.told <= known }
      state.waiting.removeAll { $0.told <= known }
      if found != nil { state.begun = state.told }
      return (found, settled)
    }
    for waiter in settled { waiter.continuation.resume() }
    return found
  }

  private func take(_ state: inout State) -> (RuleUpdate, NetworkTools)? {
    guard let network = state.network, var rules = state.fresh, !state.pending.isEmpty || state.startsOver else { return nil }
    defer { (state.pending, state.startsOver) = ([:], false) }
    var update: RuleUpdate
    if state.isDoubtful || state.startsOver {
      let base = RuleInstaller.empty(rules) + rules.base
      update = rules.replace(state.words.values.sorted { $0.key < $1.key })
      update.script = base + update.script
      state.rules = rules
    } else {
      update = state.rules!.replace(state.pending.values.sorted { $0.key < $1.key })
    }
    return update.script.isEmpty ? nil : (update, network)
  }
}
