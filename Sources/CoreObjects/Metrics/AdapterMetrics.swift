/// The last round of answers of metrics adapters, to what autoscalers asked then.
package struct AdapterMetrics: Sendable {
  private var answers: [MetricQuery: AdapterAnswer.Outcome] = [:]

  /// Answers to questions that were not asked this time are removed.
  package mutating func replace(with all: [AdapterAnswer]) {
    answers.removeAll(keepingCapacity: true)
    for answer in all { answers[answer.query] = answer.outcome }
  }

  /// nil: it has not been asked.
  package func answer(_ query: MetricQuery) -> AdapterAnswer.Outcome? { answers[query] }
}
