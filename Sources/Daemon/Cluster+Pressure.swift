import CoreEngine
import CoreNode
import CoreObjects
import EdgeAgent
import EdgeRuntime

extension Cluster {
  /// Nodes that have too little of something, in lines.
  package var pressure: [String] {
    let eviction = host.read { $0.planner.eviction }
    return nodes.compactMap { node in
      let pressures = eviction.pressures(on: node.name).map(\.rawValue).sorted()
      if pressures.isEmpty { return nil }
      return "\(node.name) has \(pressures.joined(separator: ", ")) and may evict pods (--eviction-hard)."
    }
  }

  /// Looks at what the nodes have left, as often as a kubelet, until its task is cancelled. Programs use memory at the wall's pace: no
  /// two looks are further apart than ten seconds of that, nor nearer than one.
  static func watchPressure(_ agent: NodeAgent, _ host: EngineHost) async {
    let period = Duration.seconds(max(1, min(10, 10 / host.clock.speed)))
    while !Task.isCancelled {
      await relieve(agent, host)
      try? await Task.sleep(for: period)
    }
  }

  private static func relieve(_ agent: NodeAgent, _ host: EngineHost) async {
    var signals = agent.signals()
    var shortages = host.read { [signals] in $0.planner.eviction.shortages(in: signals) }
    if shortages.contains(where: \.isOfDisk) {
      // Also where no pod has to go for it.
      host.pressure(signals, [])
      await agent.reclaimDisk(of: signals.map(\.node))
      signals = agent.signals()
      shortages = host.read { [signals] in $0.planner.eviction.shortages(in: signals) }
    }
    var readings: [NodeReading] = []
    for node in Set(shortages.map(\.node)).sorted() {
      if let reading = await agent.reading(node, measuresFiles: shortages.contains(where: \.isOfDisk)) {
        readings.append(reading)
      }
    }
    host.pressure(signals, readings)
  }
}
