package import CoreObjects

/// Below which amounts a node ends pods, in the kubelet's notation: "memory.available<100Mi,nodefs.available<10%". All are hard: pods
/// end at once. Source: ParseThresholdConfig, pkg/kubelet/eviction/helpers.go, v1.36.
package struct EvictionThresholds: Sendable, Equatable, CustomStringConvertible {
  private enum Amount: Sendable, Equatable, CustomStringConvertible {
    case quantity(Quantity)
    /// Of what there is.
    case percent(Double)

    var description: String {
      switch self {
      case .quantity(let quantity): "\(quantity)"
      case .percent(let percent): percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
      }
    }

    func of(_ capacity: Int64) -> Int64 {
      switch self {
      case .quantity(let quantity): quantity.value
      case .percent(let percent): Int64(Double(capacity) * percent / 100)
      }
    }
  }

  private var amounts: [EvictionSignal: Amount] = [:]

  /// None: no pod is ever evicted for what its node has left.
  package init() {}

  /// The kubelet's for memory; of a node that has little, a twentieth. Of the disk little is kept: it is that of the whole machine, and
  /// who uses a machine whose disk is nine tenths full wants a cluster nevertheless.
  package init(standardFor memoryBytes: Int64) {
    amounts[.memory] =
      memoryBytes < 20 * EvictionThresholds.usual ? .percent(5) : .quantity(Quantity(bytes: EvictionThresholds.usual))
    amounts[.nodeDisk] = .quantity(Quantity(bytes: EvictionThresholds.usual))
  }

  private static let usual: Int64 = 100 << 20

  /// - Throws: what is wrong with it, in words.
  package init(_ text: String) throws(EvictionThresholdError) {
    for word in text.split(separator: ",") {
      let parts = word.split(separator: "<", omittingEmptySubsequences: false).map { String($0.trimmed) }
      guard parts.count == 2 else { throw EvictionThresholdError("'\(word)' is not SIGNAL<AMOUNT") }
      guard let signal = EvictionSignal(rawValue: parts[0]) else {
        let known = EvictionSignal.allCases.map(\.rawValue).joined(separator: ", ")
        throw EvictionThresholdError("there is no signal '\(parts[0])' here, but \(known)")
      }
      if amounts[signal] != nil { throw EvictionThresholdError("'\(signal.rawValue)' is given twice") }
      amounts[signal] = try EvictionThresholds.amount(parts[1])
    }
    amounts = amounts.filter { $0.value != .percent(0) && $0.value != .percent(100) }
  }

  private static func amount(_ text: String) throws(EvictionThresholdError) -> Amount {
    if text.hasSuffix("%") {
      guard let percent = Double(text.dropLast()), (0...100).contains(percent) else {
        throw EvictionThresholdError("'\(text)' is no share from 0% to 100%")
      }
      return .percent(percent)
    }
    guard let quantity = Quantity(text), quantity > Quantity(value: 0) else {
      throw EvictionThresholdError("'\(text)' is no amount above nothing, such as 100Mi or 10%")
    }
    return .quantity(quantity)
  }

  package var isEmpty: Bool { amounts.isEmpty }

  package var description: String {
    amounts.sorted { $0.key < $1.key }.map { "\($0.key.rawValue)<\($0.value)" }.joined(separator: ",")
  }

  /// As a kubelet's configuration has them.
  package var tree: JSON {
    .object(amounts.sorted { $0.key < $1.key }.map { Member(key: Key($0.key.rawValue), value: .string("\($0.value)")) })
  }

  /// What must be left of something; nil: nothing.
  package func least(_ signal: EvictionSignal, of capacity: Int64) -> Int64? { amounts[signal]?.of(capacity) }

  /// Those signals of which less is left.
  func shortages(_ signals: NodeSignals) -> [Shortage] {
    amounts.keys.sorted().compactMap { signal in
      let reserve = signals[signal]
      // What cannot be measured is not short.
      guard reserve.capacity > 0, let least = least(signal, of: reserve.capacity), reserve.available < least else { return nil }
      return Shortage(
        node: signals.node, pool: signal == .memory && signals.hasOwnMemory ? .node(signals.node) : .machine, signal: signal,
        available: reserve.available, threshold: least)
    }
  }
}

package struct EvictionThresholdError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// A node has less of something than it should keep.
package struct Shortage: Sendable, Equatable {
  /// Whose what is short is. Nodes that share it end one pod at a time between them.
  package enum Pool: Hashable, Sendable {
    case machine
    case node(String)
  }

  package var node: String
  package var pool: Pool
  package var signal: EvictionSignal
  package var available: Int64
  package var threshold: Int64

  /// Whether files have to be measured to tell who uses it.
  package var isOfDisk: Bool { signal.pressure == .disk }

  /// What the numbers are, for a message.
  func text(_ amount: Int64) -> String {
    signal.resource == "memory" || signal.resource == "ephemeral-storage"
      ? Quantity(bytes: (amount >> 10) << 10).description : "\(amount)"
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start.lastIndex { $0 != " " }.map { start[...$0] } ?? ""
  }
}
