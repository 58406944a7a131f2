/// What a metrics adapter answered to one question.
package struct AdapterAnswer: Sendable, Equatable {
  /// Bytes of an answer, and numbers in it.
  package static let limitBytes = 8 << 20
  package static let valueLimit = 20_000

  package struct Value: Sendable, Equatable {
    /// Name of the object that it is about; empty for external metrics.
    package var object: String
    /// Thousandths of a unit.
    package var milli: Int64

    package init(object: String, milli: Int64) {
      self.object = object
      self.milli = milli
    }
  }
  package enum Outcome: Sendable, Equatable {
    case values([Value])
    /// In words for people.
    case failed(String)
  }
  package var query: MetricQuery
  package var outcome: Outcome

  package init(_ query: MetricQuery, _ outcome: Outcome) {
    self.query = query
    self.outcome = outcome
  }

  /// From a MetricValueList or ExternalMetricValueList, or the Status of a refusal.
  package init(_ query: MetricQuery, status: Int, body: [UInt8]) {
    self.query = query
    let tree = (try? JSONParser.parse(body)) ?? .null
    guard (200..<300).contains(status) else {
      let message = tree[.message].string ?? String(decoding: body.prefix(200), as: UTF8.self)
      outcome = .failed("HTTP status \(status)" + (message.isEmpty ? "" : ": " + message))
      return
    }
    guard tree[.items].isArray else {
      outcome = .failed("the answer is no list of metric values")
      return
    }
    guard tree[.items].elements.count <= AdapterAnswer.valueLimit else {
      outcome = .failed("the answer has more than \(AdapterAnswer.valueLimit) values")
      return
    }
    var values: [Value] = []
    for item in tree[.items].elements {
      let text = item[.value].string ?? item[.value].int.map { String($0) } ?? ""
      guard let quantity = Quantity(text) else {
        outcome = .failed("the value \(item[.value]) of the answer is no quantity")
        return
      }
      values.append(Value(object: item["describedObject"][.name].string ?? "", milli: quantity.milliValue))
    }
    outcome = .values(values)
  }
}
