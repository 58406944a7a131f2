import CoreObjects
import Testing

@testable import CoreNode

@Suite("Whom the kernel ends first where memory is short")
struct OOMScoreTests {
  private func score(_ spec: JSON, _ list: Key = .containers, sidecar: Bool = false) -> Int {
    let pod = Pod(tree: ["spec": spec])
    let container = Container(tree: spec[list].elements[0])
    return OOMScore.adjustment(of: container, isSidecar: sidecar, in: pod, nodeBytes: 10 << 30)
  }

  private func container(_ name: String, _ request: String?, limits: JSON = .null) -> JSON {
    let requests: JSON = request.map { ["memory": .string($0)] } ?? ["cpu": "1m"]
    return [
      "name": .string(name),
      "resources": JSON.object([Member(key: .requests, value: requests), Member(key: .limits, value: limits)]),
    ]
  }

  @Test("who asked for nothing first, who has what they asked for last, others by what they asked for of the node")
  func order() {
    #expect(score(["containers": [["name": "a"]]]) == 1000)
    let all: JSON = ["cpu": "1", "memory": "1Gi"]
    #expect(score(["containers": [["name": "a", "resources": ["requests": all, "limits": all]]]]) == -997)
    #expect(score(["containers": [container("a", "1Gi")]]) == 900)
    #expect(score(["containers": [container("a", nil)]]) == 999)
    #expect(score(["containers": [container("a", "20Gi")]]) == 3)
    let critical: JSON = ["priority": 2_000_001_000, "priorityClassName": "system-node-critical", "containers": [["name": "a"]]]
    #expect(score(critical) == -997)
  }

  @Test("a sidecar goes no sooner than whom it helps, and what a pod asks for as a whole counts for each")
  func helpers() {
    let helped: JSON = [
      "initContainers": [container("side", "1Gi")], "containers": [container("a", "3Gi"), container("b", "2Gi")],
    ]
    #expect(score(helped, .initContainers, sidecar: true) == 800 && score(helped, .initContainers) == 900)
    let whole: JSON = [
      "resources": ["requests": ["memory": "5Gi"]], "containers": [container("a", "2Gi"), container("b", "1Gi")],
    ]
    #expect(score(whole) == 700)
  }

  @Test("a pod has a limit where all that runs in it have one: init containers have theirs before the others")
  func podLimits() {
    func limits(_ spec: JSON) -> [Int64?] {
      let resources = PodResources(Pod(tree: ["spec": spec]))
      return [resources.memoryLimitBytes.map { $0 >> 20 }, resources.cpuLimitMillicores, resources.cpuRequestMillicores]
    }
    func one(_ memory: String?, _ cpu: String?) -> JSON {
      var limits: JSON = [:]
      if let memory { limits["memory"] = .string(memory) }
      if let cpu { limits["cpu"] = .string(cpu) }
      return ["name": "a", "resources": ["limits": limits, "requests": limits]]
    }
    #expect(limits(["containers": [one("10Mi", "1"), one("20Mi", nil)]]) == [30, nil, 1000])
    #expect(
      limits(["initContainers": [one("50Mi", "3")], "containers": [one("10Mi", "1"), one("20Mi", "1")]]) == [50, 3000, 3000])
    #expect(limits(["initContainers": [one(nil, "3")], "containers": [one("10Mi", "1")]]) == [nil, 3000, 3000])
    let whole: JSON = ["resources": ["limits": ["memory": "7Mi"]], "containers": [one(nil, nil)]]
    #expect(limits(whole) == [7, nil, 0])
  }
}
