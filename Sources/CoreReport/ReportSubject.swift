/// What one autoscaler was in all runs: the one of the same target, since a run may have given it another name.
struct ReportSubject: Sendable {
  let namespace: String
  let target: String
  /// Run by run, with the run's number from 0 and the autoscaler's in it.
  private(set) var records: [(run: Int, place: Int, record: AutoscalerRecord)] = []

  var title: String { "\(target) in \(namespace)" }
  var today: AutoscalerRecord? { records.first.flatMap { $0.run == 0 ? $0.record : nil } }

  static func all(of runs: [RunRecord]) -> [ReportSubject] {
    var subjects: [ReportSubject] = []
    var places: [String: Int] = [:]
    for (number, run) in runs.enumerated() {
      for (index, record) in run.autoscalers.enumerated() {
        let key = record.namespace + "/" + record.target
        let place = places[key] ?? subjects.count
        if place == subjects.count {
          places[key] = place
          subjects.append(ReportSubject(namespace: record.namespace, target: record.target))
        }
        subjects[place].records.append((number, index, record))
      }
    }
    return subjects
  }
}
