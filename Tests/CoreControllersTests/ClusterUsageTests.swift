import CoreObjects
import Testing

@testable import CoreControllers

@Suite("What pods take of nodes")
struct ClusterUsageTests {
  private let store = Store()

  private func pod(_ cpu: String) -> Pod {
    let requests: JSON = ["cpu": .string(cpu)]
    return Pod(tree: ["metadata": ["name": "p"], "spec": ["containers": [["name": "c", "resources": ["requests": requests]]]]])
  }

  @Test("a node keeps its place while it is there, with pods and without")
  func stays() {
    var usage = ClusterUsage()
    let (a, b) = (usage.place(of: "a"), usage.place(of: "b"))
    usage.add(pod("1"), to: "a", 1, store)
    usage.add(pod("2"), to: "a", 1, store)
    #expect(usage.usage(at: a).cpuMillicores == 3_000 && usage.usage(at: b).pods == 0)
    usage.add(pod("1"), to: "a", -1, store)
    usage.add(pod("2"), to: "a", -1, store)
    #expect(usage.usage(at: a).pods == 0 && usage.usage(at: a).cpuMillicores == 0)
    #expect(usage.place(of: "c") != a && usage.place(of: "a") == a && usage.place(of: "b") == b)
  }

  @Test("a pod that is resized takes the larger of what is wanted and what it has, or what it has where it never gets more")
  func resized() {
    func taken(_ wanted: String, _ reason: String?) -> Int64 {
      let told: JSON = [
        "name": "c", "allocatedResources": ["cpu": "2"], "resources": ["requests": ["cpu": "2"]],
      ]
      let conditions: JSON = reason.map { [["type": "PodResizePending", "status": "True", "reason": .string($0)]] } ?? []
      var tree = pod(wanted).tree
      tree[.metadata].put(.generation, 2)
      tree.put(.status, ["containerStatuses": [told], "conditions": conditions])
      var usage = ClusterUsage()
      usage.add(Pod(tree: tree), to: "a", 1, store)
      return usage.usage(of: "a").cpuMillicores
    }
    #expect(taken("3", "Deferred") == 3_000 && taken("3", "Infeasible") == 2_000 && taken("1", nil) == 2_000)
  }

  @Test("the place of a node that is gone is another's once its last pod is gone, and not before")
  func goes() {
    var usage = ClusterUsage()
    let a = usage.place(of: "a")
    usage.add(pod("1"), to: "a", 1, store)
    usage.remove(node: "a")
    let b = usage.place(of: "b")
    #expect(b != a && usage.usage(at: a).cpuMillicores == 1_000)
    usage.add(pod("1"), to: "a", -1, store)
    let c = usage.place(of: "c")
    #expect(c == a && usage.usage(at: c).pods == 0 && usage.usage(at: c).cpuMillicores == 0)
    // The name comes back as another node.
    #expect(usage.place(of: "a") != c)
  }

  @Test("names of nodes that are not there leave nothing behind")
  func unknown() {
    var usage = ClusterUsage()
    for number in 0..<100 {
      usage.add(pod("1"), to: "nowhere-\(number)", 1, store)
      usage.add(pod("1"), to: "nowhere-\(number)", -1, store)
    }
    #expect(usage.place(of: "a") == 0)
  }

  @Test("a node that comes after pods that name it finds what they take")
  func early() {
    var usage = ClusterUsage()
    usage.add(pod("1"), to: "a", 1, store)
    let a = usage.place(of: "a")
    #expect(usage.usage(at: a).cpuMillicores == 1_000)
  }
}
