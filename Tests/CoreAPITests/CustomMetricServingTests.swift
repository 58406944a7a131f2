import CoreAPI
import CoreObjects
import Testing

@Suite("custom.metrics.k8s.io and external.metrics.k8s.io, built in")
struct CustomMetricServingTests {
  private static let custom = "/apis/custom.metrics.k8s.io/v1beta2"
  private static let external = "/apis/external.metrics.k8s.io/v1beta1"

  /// Pods a (label app=x) and b, and the Service front, which pod a tells of.
  private func bench() throws -> Bench {
    var bench = Bench()
    for name in ["a", "b"] {
      var pod = Bench.pod(name)
      if name == "a" { pod[.metadata].put(.labels, ["app": "x"]) }
      #expect(bench.send("POST", Bench.pods, pod).status == 201)
    }
    bench.send(
      "POST", "/api/v1/namespaces/default/services", ["metadata": ["name": "front"], "spec": ["ports": [["port": 80]]]])
    let shown: [String: [MetricSample]] = [
      "a": [
        MetricSample("queue", TextMap(["kind": "mail"]), value: 1.5), MetricSample("queue", TextMap(["kind": "post"]), value: 2),
        MetricSample("requests", TextMap(["service": "front"]), value: 7),
      ],
      "b": [MetricSample("queue", TextMap(["kind": "mail"]), value: 10)],
    ]
    let scrapes = bench.writer.store.list(.pods).map {
      PodScrape(
        namespace: "default", pod: $0.key.name, podUID: $0.uid, at: bench.now, .samples(shown[$0.key.name] ?? []))
    }
    bench.metrics.custom.add(scrapes)
    return bench
  }

  private func values(_ answer: Bench.Answer) -> [String] {
    answer.body[.items].elements.map { "\($0["describedObject"][.name].string ?? "")=\($0[.value].string ?? "")" }
  }

  @Test("each pod's number, by labels of the pods and of the series")
  func pods() throws {
    var bench = try bench()
    let base = Self.custom + "/namespaces/default/pods/"
    let all = bench.get(base + "*/queue")
    #expect(all.body[.kind] == "MetricValueList" && all.body[.apiVersion] == "custom.metrics.k8s.io/v1beta2")
    #expect(values(all) == ["a=3500m", "b=10"])
    let item = all.body[.items][0]
    #expect(item["describedObject"] == ["kind": "Pod", "namespace": "default", "name": "a", "apiVersion": "/v1"])
    #expect(item["metric"] == ["name": "queue"])
    #expect(item["timestamp"].string == bench.now.rfc3339)
    #expect(values(bench.get(base + "*/queue?labelSelector=app%3Dx")) == ["a=3500m"])
    #expect(values(bench.get(base + "*/queue?metricLabelSelector=kind%3Dmail")) == ["a=1500m", "b=10"])
    #expect(values(bench.get(base + "b/queue")) == ["b=10"])
  }

  @Test("a Service's number is that of the series that name it, a namespace's the sum of all")
  func objects() throws {
    var bench = try bench()
    #expect(values(bench.get(Self.custom + "/namespaces/default/services/front/requests")) == ["front=7"])
    #expect(values(bench.get(Self.custom + "/namespaces/default/services/*/requests")) == ["front=7"])
    #expect(values(bench.get(Self.custom + "/namespaces/default/metrics/queue")) == ["default=13500m"])
  }

  @Test("external metrics are the series one by one, with their labels")
  func externals() throws {
    var bench = try bench()
    let all = bench.get(Self.external + "/namespaces/default/queue")
    #expect(all.body[.kind] == "ExternalMetricValueList")
    #expect(all.body[.items].elements.compactMap { $0[.value].string }.sorted() == ["10", "1500m", "2"])
    let post = bench.get(Self.external + "/namespaces/default/queue?labelSelector=kind%3Dpost").body[.items].elements
    #expect(post.map { $0["metricLabels"] } == [["kind": "post"]])
    #expect(bench.get(Self.external + "/namespaces/default/queue?labelSelector=kind%3Dnone").body[.items].elements.isEmpty)
  }

  @Test("what is not there is a 404 with its name, what cannot be done a 405, a bad selector a 400")
  func refusals() throws {
    var bench = try bench()
    let unknown = bench.get(Self.custom + "/namespaces/default/pods/*/nothing")
    #expect(unknown.status == 404 && unknown.message.contains("metric nothing for pods"))
    #expect(bench.get(Self.custom + "/namespaces/default/pods/c/queue").status == 404)
    #expect(bench.get(Self.custom + "/namespaces/default/gadgets/c/queue").status == 404)
    #expect(bench.get(Self.custom + "/namespaces/default/pods/a").status == 404)
    #expect(bench.get(Self.custom + "/namespaces/other/pods/*/queue").status == 404)
    #expect(bench.get(Self.external + "/namespaces/default/nothing").status == 404)
    #expect(bench.send("POST", Self.external + "/namespaces/default/queue", [:]).status == 405)
    #expect(bench.get(Self.custom + "/namespaces/default/pods/*/queue?labelSelector=(").status == 400)
    bench.credential = .token(user: Caller(name: "eve", groups: []))
    #expect(bench.get(Self.custom + "/namespaces/default/pods/*/queue").status == 403)
  }

  @Test("discovery names the metrics that pods show; no APIService of them is in the way of an adapter's")
  func discovery() throws {
    var bench = try bench()
    let list = bench.get(Self.custom).body[.resources].elements
    #expect(
      list.compactMap { $0[.name].string } == ["namespaces/queue", "namespaces/requests", "pods/queue", "pods/requests"])
    #expect(bench.get(Self.external).body[.resources].elements.compactMap { $0[.name].string } == ["queue", "requests"])
    let aggregated = bench.get("/apis", accept: AdapterBench.discovery).body[.items].elements
    #expect(aggregated.last?[.metadata][.name] == "external.metrics.k8s.io")
    for name in ["v1beta2.custom.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"] {
      #expect(bench.get(AdapterBench.apiServices + "/" + name).status == 404)
    }
  }

  @Test("an adapter's APIService takes the group, and its own goes with it")
  func replaced() throws {
    var bench = try bench()
    var service = AdapterBench.apiService()
    service[.metadata].put(.name, "v1beta2.custom.metrics.k8s.io")
    service[.spec].put("version", "v1beta2")
    #expect(bench.send("POST", AdapterBench.apiServices, service).status == 201)
    #expect(bench.get(Self.custom + "/namespaces/default/pods/*/queue").message.contains("ServiceNotFound"))
    #expect(bench.get(Self.external + "/namespaces/default/queue").status == 200)
    bench.send("DELETE", AdapterBench.apiServices + "/v1beta2.custom.metrics.k8s.io")
    #expect(bench.get(Self.custom + "/namespaces/default/pods/*/queue").status == 200)
  }
}
