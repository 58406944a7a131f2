/// How the practice looks in a terminal, and its results as text.
package enum PracticeView {
  private static let barWidth = 30
  /// What a pod requests, mebibytes: a full bar is three times as much, its limit.
  private static let limit: Int64 = 300 << 20

  /// The live picture: lines without newlines.
  package static func frame(_ progress: PracticeProgress, title: String) -> [String] {
    var lines = [title]
    if let now = progress.timeline.last {
      let level = now.utilization.map { "\($0)%" } ?? "<unknown>"
      lines.append(
        "cluster time \(clock(now.second))   memory \(level)/\(now.target)%   replicas \(now.replicas)"
          + (now.desired != now.replicas ? " → \(now.desired)" : "") + "   load \(now.size.map(String.init) ?? "?")Mi")
      lines.append("last decision: \(now.decision.isEmpty ? "none yet" : now.decision)")
      for ordinal in 0..<5 {
        let name = "app-\(ordinal)"
        guard let pod = now.pods.first(where: { $0.name == name }) else {
          lines.append("  \(name)  ")
          continue
        }
        let memory = pod.memory.map { pad("\(($0 + (1 << 19)) >> 20)Mi", 7) } ?? "no sample yet"
        lines.append("  \(name)  \(bar(pod.memory ?? 0))  \(memory)\(pod.isReady ? "" : "  not ready")")
      }
    }
    return lines + PracticeRow.allCases.map { line($0, progress.state($0)) }
  }

  /// A line for terminals that cannot be drawn on, and for logs.
  package static func line(_ now: PracticeSnapshot) -> String {
    let memory = now.pods.map { "\($0.name) \($0.memory.map { "\($0 >> 20)Mi" } ?? "-")" }.joined(separator: ", ")
    let level = now.utilization.map { "\($0)%" } ?? "<unknown>"
    return
      "\(clock(now.second))  \(pad("\(level)/\(now.target)%", 15))replicas \(now.replicas)  load \(now.size ?? 0)Mi  [\(memory)]  \(now.decision)"
  }

  package static func line(_ row: PracticeRow, _ state: RowState) -> String {
    let (mark, text) =
      switch state {
      case .open: (" ", "")
      case .held(let text): ("✓", text)
      case .broken(let text): ("✗", text)
      }
    return " \(mark) \(pad("\(row.rawValue)", 3))\(pad(row.title, 17))\(text)"
  }

  /// All rows, and whether every one held.
  package static func summary(_ progress: PracticeProgress) -> [String] {
    let counts = progress.sequence.map(String.init).joined(separator: " → ")
    let held = PracticeRow.allCases.count { progress.state($0).isHeld }
    return PracticeRow.allCases.map { row in
      progress.state(row) == .open
        ? " ✗ \(pad("\(row.rawValue)", 3))\(pad(row.title, 17))was never seen" : line(row, progress.state(row))
    } + ["", "replicas: \(counts)   \(held) of \(PracticeRow.allCases.count) rows hold"]
  }

  /// One row a look: seconds, counts, percent, mebibytes, and each pod's memory in bytes.
  package static func timeline(_ progress: PracticeProgress) -> String {
    var text = "second,replicas,desired,ready,utilization,target,size_mi,app-0,app-1,app-2,app-3,app-4,jobs_done,decision\n"
    for look in progress.timeline {
      let memory = (0..<5).map { ordinal in
        look.pods.first { $0.name == "app-\(ordinal)" }?.memory.map(String.init) ?? ""
      }.joined(separator: ",")
      let decision = look.decision.replacing("\"", with: "\"\"")
      text += "\(look.second),\(look.replicas),\(look.desired),\(look.ready),"
      text += "\(look.utilization.map(String.init) ?? ""),\(look.target),\(look.size.map(String.init) ?? ""),"
      text += "\(memory),\(look.jobsDone),\"\(decision)\"\n"
    }
    return text
  }

  /// A heading, and a line for each look that shows another load, other replicas or another utilization than the look before.
  package static func changes(_ progress: PracticeProgress) -> [String] {
    var lines = [pad("TIME", 8) + pad("SIZE", 6) + pad("MEMORY", 12) + pad("REPLICAS", 10) + "DECISION"]
    var last: PracticeSnapshot?
    for look in progress.timeline {
      if let last, look.isLike(last) { continue }
      last = look
      let time = "\(look.second / 60)m" + (look.second % 60 == 0 ? "" : "\(look.second % 60)s")
      let level = look.utilization.map { "\($0)%" } ?? "<unknown>"
      lines.append(
        pad(time, 8) + pad(look.size.map(String.init) ?? "", 6) + pad("\(level)/\(look.target)%", 12)
          + pad("\(look.replicas)", 10)
          + look.decision)
    }
    return lines
  }

  /// Eighths of a cell.
  private static func bar(_ memory: Int64) -> String {
    let eighths = Int(min(memory, limit) * Int64(barWidth * 8) / limit)
    let blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let full = String(repeating: "█", count: eighths / 8) + blocks[eighths % 8]
    return full + String(repeating: "·", count: barWidth - full.count)
  }

  private static func clock(_ seconds: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
