import CoreObjects
import Testing

@Suite("HorizontalPodAutoscaler: autoscaling/v1 loses nothing of autoscaling/v2")
struct AutoscalerRoundTripTests {
  private static let v2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
  private static let v1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"

  private static let spec = """
    {"minReplicas":2,"maxReplicas":9,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},
     "metrics":[
      {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}},
      {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"64Mi"}}},
      {"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60}}},
      {"type":"ContainerResource","containerResource":{"name":"cpu","container":"main","target":{"type":"Utilization","averageUtilization":50}}},
      {"type":"ContainerResource","containerResource":{"name":"memory","container":"main","target":{"type":"AverageValue","averageValue":"1Gi"}}},
      {"type":"Pods","pods":{"metric":{"name":"queue","selector":{"matchLabels":{"kind":"mail"}}},"target":{"type":"AverageValue","averageValue":"1500m"}}},
      {"type":"Object","object":{"describedObject":{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","name":"front"},"metric":{"name":"requests"},"target":{"type":"Value","value":"2k"}}},
      {"type":"Object","object":{"describedObject":{"apiVersion":"v1","kind":"Service","name":"front"},"metric":{"name":"requests","selector":{"matchExpressions":[{"key":"a","operator":"In","values":["b","c"]}]}},"target":{"type":"AverageValue","averageValue":"10"}}},
      {"type":"External","external":{"metric":{"name":"depth","selector":{"matchLabels":{"queue":"q"}}},"target":{"type":"Value","value":"30"}}},
      {"type":"External","external":{"metric":{"name":"depth"},"target":{"type":"AverageValue","averageValue":"3"}}}],
     "behavior":{
      "scaleUp":{"stabilizationWindowSeconds":0,"selectPolicy":"Max","tolerance":"50m","policies":[{"type":"Pods","value":2,"periodSeconds":60}]},
      "scaleDown":{"stabilizationWindowSeconds":120,"selectPolicy":"Min","policies":[{"type":"Percent","value":10,"periodSeconds":30}]}}}
    """

  private static let status = """
    {"currentReplicas":3,"desiredReplicas":4,"lastScaleTime":"2026-01-01T00:00:00Z",
     "conditions":[{"type":"AbleToScale","status":"True","reason":"ReadyForNewScale","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}],
     "currentMetrics":[
      {"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":48,"averageValue":"4m"}}},
      {"type":"ContainerResource","containerResource":{"name":"cpu","container":"main","current":{"averageUtilization":4,"averageValue":"4m"}}},
      {"type":"Pods","pods":{"metric":{"name":"queue","selector":{"matchLabels":{"kind":"mail"}}},"current":{"averageValue":"2"}}},
      {"type":"Object","object":{"describedObject":{"apiVersion":"v1","kind":"Service","name":"front"},"metric":{"name":"requests"},"current":{"value":"7"}}},
      {"type":"External","external":{"metric":{"name":"depth"},"current":{"averageValue":"3"}}},
      {"type":"External"}]}
    """

  private func bench() throws -> Bench {
    var bench = Bench()
    let spec = try JSONParser.parse(Array(Self.spec.utf8))
    let made = bench.send("POST", Self.v2, ["metadata": ["name": "web", "annotations": ["mine": "yes"]], "spec": spec])
    #expect(made.status == 201, "\(made.message)")
    let status = try JSONParser.parse(Array(Self.status.utf8))
    let told = bench.send(
      "PATCH", Self.v2 + "/web/status", ["status": status], type: "application/merge-patch+json")
    #expect(told.status == 200, "\(told.message)")
    return bench
  }

  @Test("written as v2, read as v1, written as v1, read as v2: the same")
  func roundTrip() throws {
    var bench = try bench()
    let before = bench.get(Self.v2 + "/web").body
    var old = bench.get(Self.v1 + "/web").body
    old[.spec].put(.maxReplicas, 10)
    let written = bench.send("PUT", Self.v1 + "/web", old)
    #expect(written.status == 200, "\(written.message)")
    let after = bench.get(Self.v2 + "/web").body
    #expect(after[.spec][.maxReplicas] == 10)
    for (place, metric) in before[.spec][.metrics].elements.enumerated() {
      #expect(after[.spec][.metrics][place] == metric)
    }
    #expect(after[.spec][.metrics].elements.count == 10)
    #expect(after[.spec]["behavior"] == before[.spec]["behavior"])
    #expect(after[.status] == before[.status])
    #expect(after[.metadata][.annotations] == ["mine": "yes"])
  }

  @Test("a status that is written as v1 comes back whole, too")
  func statusRoundTrip() throws {
    var bench = try bench()
    let before = bench.get(Self.v2 + "/web").body
    let old = bench.get(Self.v1 + "/web").body
    #expect(bench.send("PUT", Self.v1 + "/web/status", old).status == 200)
    #expect(bench.get(Self.v2 + "/web").body[.status] == before[.status])
  }

  @Test("created as v1 with the annotations of a v1 object it is the same as v2")
  func created() throws {
    var bench = try bench()
    let before = bench.get(Self.v2 + "/web").body
    var old = bench.get(Self.v1 + "/web").body
    old.put(.metadata, ["name": "copy", "annotations": old[.metadata][.annotations]])
    #expect(bench.send("POST", Self.v1, old).status == 201)
    #expect(bench.get(Self.v2 + "/copy").body[.spec] == before[.spec])
  }

  @Test("the annotations have the form that clients of v1 read")
  func form() throws {
    var bench = try bench()
    let old = bench.get(Self.v1 + "/web").body
    func annotation(_ name: String) throws -> JSON {
      let text = old[.metadata][.annotations][Key("autoscaling.alpha.kubernetes.io/" + name)].string
      return try JSONParser.parse(Array(try #require(text).utf8))
    }
    #expect(old[.spec]["targetCPUUtilizationPercentage"] == 70)
    #expect(old[.status]["currentCPUUtilizationPercentage"] == 48)
    let metrics = try annotation("metrics").elements
    #expect(metrics.count == 9)
    #expect(metrics[0] == ["type": "Resource", "resource": ["name": "memory", "targetAverageValue": "64Mi"]])
    #expect(
      metrics[4] == [
        "type": "Pods",
        "pods": [
          "metricName": "queue", "selector": ["matchLabels": ["kind": "mail"]], "targetAverageValue": "1500m",
        ],
      ])
    #expect(metrics[5]["object"]["target"][.name] == "front" && metrics[5]["object"]["targetValue"] == "2k")
    #expect(metrics[7]["external"]["metricSelector"] == ["matchLabels": ["queue": "q"]])
    #expect(
      try annotation("current-metrics")[0]
        == ["type": "Resource", "resource": ["name": "cpu", "currentAverageUtilization": 48, "currentAverageValue": "4m"]])
    let behavior = try annotation("behavior")
    #expect(behavior["ScaleDown"]["Policies"][0] == ["Type": "Percent", "Value": 10, "PeriodSeconds": 30])
    #expect(behavior["ScaleUp"]["Tolerance"] == "50m")
  }

  @Test("a manifest of v1 with the annotation's metrics scales by them")
  func byHand() {
    var bench = Bench()
    let metrics =
      #"[{"type":"Object","object":{"target":{"apiVersion":"v1","kind":"Service","name":"s"},"metricName":"m","#
      + #""targetValue":"0","averageValue":"5"}}]"#
    let made = bench.send(
      "POST", Self.v1,
      [
        "metadata": ["name": "web", "annotations": ["autoscaling.alpha.kubernetes.io/metrics": .string(metrics)]],
        "spec": ["maxReplicas": 3, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"]],
      ])
    #expect(made.status == 201, "\(made.message)")
    let found = bench.get(Self.v2 + "/web").body[.spec][.metrics]
    #expect(found.elements.count == 1)
    #expect(found[0]["object"]["target"] == ["type": "AverageValue", "averageValue": "5"])
  }
}
