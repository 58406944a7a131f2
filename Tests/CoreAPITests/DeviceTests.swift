import CoreAPI
import CoreObjects
import Testing

@Suite("Devices: classes, claims, templates and slices")
struct DeviceTests {
  private static let root = "/apis/resource.k8s.io/v1/"
  private static let claims = root + "namespaces/default/resourceclaims"
  private static let merge = "application/merge-patch+json"

  private static let wish: JSON = ["name": "gpu", "exactly": ["deviceClassName": "gpu.example.com"]]

  @Test("a claim is stored with upstream's defaults, says that nobody allocates, and never changes")
  func claim() {
    var bench = Bench()
    let made = bench.send("POST", Self.claims, ["metadata": ["name": "c"], "spec": ["devices": ["requests": [Self.wish]]]])
    #expect(made.status == 201 && made.warnings.count == 1 && made.warnings[0].contains("nobody allocates"), "\(made.body)")
    let exactly = made.body[.spec]["devices"]["requests"][0]["exactly"]
    #expect(exactly["allocationMode"] == "ExactCount" && exactly["count"] == 1)
    let changed = bench.send("PATCH", Self.claims + "/c", ["spec": ["devices": ["requests": []]]], type: Self.merge)
    #expect(changed.causes == ["Invalid spec"])
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    #expect(bench.get(Self.claims, accept: table).body[.rows][0][.cells][1] == "pending")
    let early = bench.send(
      "PATCH", Self.claims + "/c/status", ["status": ["reservedFor": [["resource": "pods", "name": "p", "uid": "u"]]]],
      type: Self.merge)
    #expect(early.causes == ["Forbidden status.reservedFor"])
    let result: JSON = ["request": "gpu", "driver": "gpu.example.com", "pool": "node-1", "device": "gpu-0"]
    let given = bench.send(
      "PATCH", Self.claims + "/c/status",
      [
        "status": [
          "allocation": ["devices": ["results": [result]]], "reservedFor": [["resource": "pods", "name": "p", "uid": "u"]],
        ]
      ], type: Self.merge)
    #expect(given.status == 200, "\(given.body)")
    #expect(bench.get(Self.claims, accept: table).body[.rows][0][.cells][1] == "allocated,reserved")
    let other = bench.send(
      "PATCH", Self.claims + "/c/status", ["status": ["allocation": ["devices": ["results": []]]]], type: Self.merge)
    #expect(other.causes == ["Invalid status.allocation"], "\(other.body)")
  }

  @Test(
    "a claim and a template are refused with reason and field",
    arguments: [
      (
        #"{"requests":[{"name":"G","exactly":{"deviceClassName":""}}]}"#,
        ["Invalid requests[0].name", "Required requests[0].exactly.deviceClassName"]
      ),
      (#"{"requests":[{"name":"a"},{"name":"a"}]}"#, ["Required requests[0]", "Required requests[1]", "Duplicate requests[1]"]),
      (
        #"{"requests":[{"name":"a","exactly":{"deviceClassName":"c","allocationMode":"All","count":2,"selectors":[{}],"tolerations":[{"operator":"Exists","value":"v"},{"operator":"Equal","effect":"Never"}]}}]}"#,
        [
          "Invalid requests[0].exactly.count", "Required requests[0].exactly.selectors[0].cel",
          "Invalid requests[0].exactly.tolerations[0].value", "NotSupported requests[0].exactly.tolerations[1].effect",
          "Invalid requests[0].exactly.tolerations[1].operator",
        ]
      ),
      (
        #"{"requests":[{"name":"a","firstAvailable":[{"name":"x","deviceClassName":"c"},{"name":"x","deviceClassName":"c"}]}],"constraints":[{"requests":["a/y"],"matchAttribute":"model"},{}],"config":[{"requests":["b"]},{"opaque":{"driver":"d","parameters":"no"}}]}"#,
        [
          "Duplicate requests[0].firstAvailable[1]", "Invalid constraints[0].requests[0]",
          "Invalid constraints[0].matchAttribute",
          "Required constraints[1]", "Invalid config[0].requests[0]", "Required config[0].opaque",
          "Invalid config[1].opaque.parameters",
        ]
      ),
    ])
  func claims(_ devices: String, _ expected: [String]) throws {
    var bench = Bench()
    let tree = try JSONParser.parse(devices)
    let claim = bench.send("POST", Self.claims, ["metadata": ["name": "c"], "spec": ["devices": tree]])
    #expect(claim.status == 422, "\(claim.body)")
    #expect(claim.causes.map { $0.replacing("spec.devices.", with: "") }.sorted() == expected.sorted(), "\(claim.body)")
    let template = bench.send(
      "POST", Self.root + "namespaces/default/resourceclaimtemplates",
      ["metadata": ["name": "t"], "spec": ["spec": ["devices": tree]]])
    #expect(
      template.causes.map { $0.replacing("spec.spec.devices.", with: "") }.sorted() == expected.sorted(), "\(template.body)")
  }

  @Test("a class chooses by expressions and may stand for an extended resource")
  func classes() {
    var bench = Bench()
    let path = Self.root + "deviceclasses"
    let bad = bench.send(
      "POST", path,
      ["metadata": ["name": "c"], "spec": ["selectors": [[:]], "config": [[:]], "extendedResourceName": "kubernetes.io/gpu"]])
    #expect(
      bad.causes.sorted() == [
        "Invalid spec.extendedResourceName", "Required spec.config[0].opaque", "Required spec.selectors[0].cel",
      ])
    let good = bench.send(
      "POST", path,
      [
        "metadata": ["name": "c"],
        "spec": ["selectors": [["cel": ["expression": "true"]]], "extendedResourceName": "example.com/gpu"],
      ])
    #expect(good.status == 201 && good.body[.metadata][.generation] == 1, "\(good.body)")
  }

  private func slice(_ change: String) throws -> JSON {
    var spec: JSON = [
      "driver": "gpu.example.com", "nodeName": "node-1", "pool": ["name": "node-1", "generation": 1, "resourceSliceCount": 1],
      "devices": [
        [
          "name": "gpu-0", "attributes": ["model": ["string": "x1"], "example.com/driver": ["version": "1.2.3-rc.1+b"]],
          "capacity": ["memory": ["value": "8Gi"]],
        ]
      ],
    ]
    spec.merge(try JSONParser.parse(change))
    return ["metadata": ["name": "s"], "spec": spec]
  }

  @Test("a slice's taints have times; its driver, node and pool do not change")
  func slices() throws {
    var bench = Bench()
    let path = Self.root + "resourceslices"
    let taint = #"{"devices":[{"name":"gpu-0","taints":[{"key":"broken","effect":"NoSchedule"}]}]}"#
    let made = bench.send("POST", path, try slice(taint))
    #expect(made.status == 201, "\(made.body)")
    #expect(made.body[.spec]["devices"][0]["taints"][0]["timeAdded"].string == bench.now.rfc3339)
    let changed = bench.send(
      "PATCH", path + "/s", ["spec": ["driver": "d", "nodeName": "n", "pool": ["name": "p"]]], type: Self.merge)
    #expect(changed.causes.sorted() == ["Invalid spec.driver", "Invalid spec.nodeName", "Invalid spec.pool.name"])
    #expect(bench.get(path + "?fieldSelector=spec.nodeName%3Dnode-1,spec.driver%3Dgpu.example.com").names == ["s"])
    #expect(bench.get(path + "?fieldSelector=spec.nodeName%3Dnode-2").names == [])
  }

  @Test(
    "a slice is refused with reason and field",
    arguments: [
      (#"{"nodeName":null}"#, ["Required spec"]), (#"{"allNodes":true}"#, ["Invalid spec"]),
      (#"{"allNodes":false}"#, ["Invalid spec.allNodes"]),
      (
        #"{"pool":{"resourceSliceCount":0,"generation":-1,"name":"a//b"}}"#,
        ["Invalid spec.pool.resourceSliceCount", "Invalid spec.pool.generation", "Invalid spec.pool.name"]
      ),
      (
        #"{"devices":[{"name":"a","attributes":{"1x":{"bool":true},"y":{},"z":{"version":"1.2"}}},{"name":"a","nodeName":"n"}]}"#,
        [
          "Invalid spec.devices[0].attributes", "Invalid spec.devices[0].attributes[y]",
          "Invalid spec.devices[0].attributes[z].version", "Invalid spec.devices[1]", "Duplicate spec.devices[1]",
        ]
      ),
      (#"{"sharedCounters":[{"name":"s","counters":{"c":{"value":"1"}}}]}"#, ["Invalid spec"]),
      (
        #"{"devices":[{"name":"a","capacity":{"m":{"value":"8Gi","requestPolicy":{"default":"1Gi","validValues":["2Gi","1Gi"]}}}}]}"#,
        ["Forbidden spec.devices[0].capacity[m].requestPolicy"]
      ),
      (
        #"{"devices":[{"name":"a","allowMultipleAllocations":true,"capacity":{"m":{"value":"8Gi","requestPolicy":{"default":"3Gi","validValues":["2Gi","1Gi","9Gi"]}},"n":{"value":"8Gi","requestPolicy":{"default":"3Gi","validRange":{"min":"1Gi","max":"9Gi","step":"3Gi"}}}}}]}"#,
        [
          "Invalid spec.devices[0].capacity[m].requestPolicy.validValues[1]",
          "Invalid spec.devices[0].capacity[m].requestPolicy.validValues[2]",
          "Invalid spec.devices[0].capacity[m].requestPolicy.validValues",
          "Invalid spec.devices[0].capacity[n].requestPolicy.validRange.max",
          "Invalid spec.devices[0].capacity[n].requestPolicy.validRange.step",
          "Invalid spec.devices[0].capacity[n].requestPolicy.validRange.step",
        ]
      ),
    ])
  func refusedSlices(_ change: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.root + "resourceslices", try slice(change))
    #expect(answer.status == 422 && answer.causes.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("attributes of features that are off in v1.36 are dropped with a warning")
  func gates() throws {
    var bench = Bench()
    let list = #"{"devices":[{"name":"a","attributes":{"models":{"strings":["x"],"string":"x"}}}]}"#
    let made = bench.send("POST", Self.root + "resourceslices", try slice(list))
    #expect(made.status == 201 && made.body[.spec]["devices"][0]["attributes"]["models"] == ["string": "x"], "\(made.body)")
    #expect(made.warnings.contains { $0.contains("DRAListTypeAttributes") })
  }
}
