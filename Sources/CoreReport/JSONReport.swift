import CoreObjects

/// A rehearsal as JSON: all that its record holds, under the record's own names. Members come and never go within an apiVersion.
package struct JSONReport: Sendable {
  private let rehearsed: Rehearsed

  package init(_ rehearsed: Rehearsed) { self.rehearsed = rehearsed }

  package var bytes: [UInt8] { json.encoded() + [UInt8(ascii: "\n")] }

  var json: JSON {
    [
      "apiVersion": "wavetank.dev/v1alpha1", "kind": "Rehearsal", "title": .string(rehearsed.title),
      "version": .string(rehearsed.version), "command": .string(rehearsed.command),
      // Not every seed is an Int64.
      "seed": .raw(Array(String(rehearsed.seed).utf8)), "startedAt": .string(rehearsed.startedAt.rfc3339),
      "sources": .array(rehearsed.sources.map { ["name": .string($0.name), "note": .string($0.note)] }),
      "expectations": .array(rehearsed.expectations.map(JSONReport.json)), "runs": .array(rehearsed.runs.map(JSONReport.json)),
      "distances": .array(rehearsed.distances.map(JSONReport.json)),
    ]
  }

  private static func json(_ distance: RunDistance) -> JSON {
    [
      "target": .string(distance.target), "runs": [.string(distance.runs.0), .string(distance.runs.1)],
      "afterChangeSeconds": .double(distance.afterChangeSeconds), "pods": .int(Int64(distance.pods)),
      "seconds": .double(distance.seconds),
      "unmatchedChanges": .int(Int64(distance.lonely.0.count + distance.lonely.1.count)), "sentence": .string(distance.sentence),
    ]
  }

  private static func json(_ run: RunRecord) -> JSON {
    [
      "name": .string(run.name), "lengthSeconds": .double(run.lengthSeconds),
      "autoscalers": .array(run.autoscalers.map(json)),
      "podsOnNodes": .array(run.podsOnNodes.map { ["node": .string($0.node), "pods": json($0.pods)] }),
      "events": .array(
        run.events.map { ["second": .double($0.second), "kind": .string($0.kind.rawValue), "text": .string($0.text)] }),
    ]
  }

  private static func json(_ record: AutoscalerRecord) -> JSON {
    [
      "namespace": .string(record.namespace), "name": .string(record.name), "target": .string(record.target),
      "manifest": .string(record.manifest), "figures": json(record.figures), "least": json(record.least),
      "most": json(record.most),
      "desired": json(record.desired), "current": json(record.current), "ready": json(record.ready),
      "metrics": .array(record.metrics.map(json)), "loads": .array(record.loads.map(json)),
      "pods": .array(record.pods.map { ["name": .string($0.name), "usage": json($0.usage)] }),
      "decisions": .array(
        record.decisions.map {
          [
            "second": .double($0.second), "from": .int(Int64($0.from)), "to": .int(Int64($0.to)),
            "sentence": .string($0.sentence),
          ]
        }),
      "holds": .array(
        record.holds.map { ["from": .double($0.from), "to": .double($0.to), "reason": .string($0.reason.rawValue)] }),
    ]
  }

  private static func json(_ metric: MetricRecord) -> JSON {
    [
      "name": .string(metric.name), "unit": .string(metric.unit.rawValue), "target": .double(metric.target),
      "tolerance": .double(metric.tolerance), "value": json(metric.value), "proposed": json(metric.proposed),
    ]
  }

  private static func json(_ load: LoadRecord) -> JSON {
    [
      "name": .string(load.name), "unit": .string(load.unit.rawValue), "offered": json(load.offered), "served": json(load.served),
      "unmet": json(load.unmet),
    ]
  }

  private static func json(_ figures: RunFigures) -> JSON {
    [
      "podHours": .double(figures.podHours), "peak": .int(Int64(figures.peak)), "changes": .int(Int64(figures.changes)),
      "secondsAtMost": .double(figures.secondsAtMost), "secondsAboveTarget": .double(figures.secondsAboveTarget),
      "unmetShare": json(figures.unmetShare), "reactionSeconds": json(figures.reactionSeconds),
      "outOfMemoryKills": .int(Int64(figures.outOfMemoryKills)),
    ]
  }

  private static func json(_ result: ExpectationResult) -> JSON {
    [
      "name": .string(result.name), "run": .string(result.run), "isMet": .bool(result.isMet), "isJudged": .bool(result.isJudged),
      "second": json(result.second), "explanation": .string(result.explanation),
    ]
  }

  private static func json(_ number: Double?) -> JSON { number.map(JSON.double) ?? .null }

  /// What is no number (there was no value) is null.
  private static func json(_ series: RunSeries) -> JSON {
    // Whole numbers are written faster as such.
    func numbers(_ values: [Double]) -> JSON {
      .array(values.map { value in Int64(exactly: value).map(JSON.int) ?? .double(value) })
    }
    return ["seconds": numbers(series.seconds), "values": numbers(series.values)]
  }
}
