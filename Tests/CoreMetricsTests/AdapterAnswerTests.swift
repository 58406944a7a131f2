import Testing

@testable import CoreObjects

@Suite("Metrics adapters: questions and answers")
struct AdapterAnswerTests {
  private static let query = MetricQuery.external(version: "v1beta1", namespace: "shop", metric: "queue", selector: "")

  private func outcome(_ body: String, status: Int = 200) -> AdapterAnswer.Outcome {
    AdapterAnswer(Self.query, status: status, body: Array(body.utf8)).outcome
  }

  @Test("the paths are those of upstream's clients")
  func paths() {
    let base = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop"
    let pods = MetricQuery.pods(
      version: "v1beta2", namespace: "shop", metric: "requests_per_second", pods: "app=web,tier in (a,b)", selector: "kind=mail")
    #expect(
      pods.target == base + "/pods/*/requests_per_second?labelSelector=app%3Dweb%2Ctier%20in%20%28a%2Cb%29"
        + "&metricLabelSelector=kind%3Dmail")
    func object(_ kind: String, _ apiVersion: String) -> String {
      MetricQuery.object(
        version: "v1beta2", namespace: "shop", kind: kind, apiVersion: apiVersion, name: "front", metric: "queue", selector: ""
      ).target
    }
    #expect(object("Service", "v1") == base + "/services/front/queue")
    #expect(object("Ingress", "networking.k8s.io/v1") == base + "/ingresses.networking.k8s.io/front/queue")
    #expect(object("NetworkPolicy", "networking.k8s.io/v1") == base + "/networkpolicies.networking.k8s.io/front/queue")
    #expect(object("Endpoints", "v1") == base + "/endpoints/front/queue")
    // The autoscaler's own namespace, whatever name is given. Source: GetObjectMetric, metrics/client.go.
    #expect(object("Namespace", "v1") == base + "/metrics/queue")
    #expect(Self.query.target == "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue")
    #expect(
      MetricQuery.external(version: "v1beta1", namespace: "shop", metric: "a/b", selector: "q=x y").target
        == "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/a%2Fb?labelSelector=q%3Dx%20y")
  }

  @Test("values are quantities, held as thousandths rounded up")
  func values() {
    let list = """
      {"kind":"MetricValueList","items":[
        {"describedObject":{"kind":"Pod","name":"a"},"metric":{"name":"queue"},"value":"1500m"},
        {"describedObject":{"kind":"Pod","name":"b"},"value":"2k"},{"value":"1u"},{"value":3},{"value":"-1"}]}
      """
    #expect(
      outcome(list)
        == .values([
          .init(object: "a", milli: 1500), .init(object: "b", milli: 2_000_000), .init(object: "", milli: 1),
          .init(object: "", milli: 3000), .init(object: "", milli: -1000),
        ]))
    #expect(outcome(#"{"items":[]}"#) == .values([]))
  }

  @Test(
    "what is no answer is a failure with its reason",
    arguments: [
      (404, #"{"kind":"Status","message":"the server could not find the metric queue for pods"}"#, "404: the server could not"),
      (500, "boom", "500: boom"), (200, "boom", "no list"), (200, #"{"items":[{"value":"many"}]}"#, "no quantity"),
      (200, #"{"items":[{}]}"#, "no quantity"),
    ])
  func failures(status: Int, body: String, words: String) {
    guard case .failed(let message) = outcome(body, status: status) else {
      Issue.record("taken as an answer")
      return
    }
    #expect(message.contains(words), "\(message)")
  }

  @Test("more values than the limit are a failure")
  func tooMany() {
    let items = Array(repeating: #"{"value":"1"}"#, count: AdapterAnswer.valueLimit + 1).joined(separator: ",")
    guard case .failed(let message) = outcome("{\"items\":[\(items)]}") else {
      Issue.record("taken as an answer")
      return
    }
    #expect(message.contains("more than 20000"))
  }

  @Test("a round replaces the one before: what was not asked is not known any more")
  func replaced() {
    var metrics = AdapterMetrics()
    #expect(metrics.answer(Self.query) == nil)
    metrics.replace(with: [AdapterAnswer(Self.query, .failed("timed out"))])
    #expect(metrics.answer(Self.query) == .failed("timed out"))
    metrics.replace(with: [])
    #expect(metrics.answer(Self.query) == nil)
  }
}
