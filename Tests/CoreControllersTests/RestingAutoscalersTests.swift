import CoreObjects
import Testing

@testable import CoreControllers

@Suite("Autoscalers at rest")
struct RestingAutoscalersTests {
  private let a = key("a")
  private let b = key("b")

  private static func key(_ name: String) -> ObjectKey { ObjectKey(.horizontalPodAutoscalers, namespace: "n", name) }

  private func keys(of resting: RestingAutoscalers, _ pods: [String]) -> [ObjectKey] {
    var resting = resting
    return resting.keys(ofPods: pods)
  }

  private func sources(_ target: String, _ pods: [String]) -> RestingAutoscalers.Sources {
    .init(target: ObjectKey(.deployments, namespace: "n", target), podUIDs: pods)
  }

  @Test("what one has read leads to it while it rests, and not while it is awake")
  func rests() {
    var resting = RestingAutoscalers()
    resting.put(a, sources("x", ["1", "2"]))
    #expect(keys(of: resting, ["2", "3"]) == [a] && resting.contains(a) && resting.keys(in: "n") == [a])
    #expect(resting.key(ofTarget: ObjectKey(.deployments, namespace: "n", "x")) == a)
    #expect(resting.wake(a)?.podUIDs == ["1", "2"])
    #expect(resting.wake(a) == nil && keys(of: resting, ["1"]).isEmpty && resting.keys(in: "n").isEmpty)
    #expect(resting.key(ofTarget: ObjectKey(.deployments, namespace: "n", "x")) == nil)
    resting.put(a, sources("x", ["1", "2"]))
    #expect(keys(of: resting, ["1"]) == [a])
  }

  @Test("other pods and another target take the place of those before")
  func changes() {
    var resting = RestingAutoscalers()
    resting.put(a, sources("x", ["1", "2"]))
    _ = resting.wake(a)
    resting.put(a, sources("y", ["2", "3"]))
    #expect(keys(of: resting, ["1"]).isEmpty && keys(of: resting, ["2"]) == [a] && keys(of: resting, ["3"]) == [a])
    #expect(resting.key(ofTarget: ObjectKey(.deployments, namespace: "n", "x")) == nil)
    #expect(resting.key(ofTarget: ObjectKey(.deployments, namespace: "n", "y")) == a)
  }

  @Test("one that comes back to pods that another had meanwhile is found by them again")
  func taken() {
    var resting = RestingAutoscalers()
    resting.put(a, sources("x", ["1"]))
    _ = resting.wake(a)
    resting.put(b, sources("y", ["1"]))
    #expect(keys(of: resting, ["1"]) == [b])
    _ = resting.wake(b)
    resting.put(a, sources("x", ["1"]))
    #expect(keys(of: resting, ["1"]) == [a])
    _ = resting.wake(a)
    resting.put(b, sources("y", ["1"]))
    #expect(keys(of: resting, ["1"]) == [b])
    resting.remove(b)
    #expect(keys(of: resting, ["1"]).isEmpty && !resting.contains(b))
    resting.put(a, sources("x", ["1"]))
    #expect(keys(of: resting, ["1"]) == [a])
  }

  @Test("a place of one that is gone is another's, and no source of the first leads there")
  func forgotten() {
    var resting = RestingAutoscalers()
    resting.put(a, sources("x", ["1"]))
    resting.remove(a)
    resting.put(b, sources("y", ["2"]))
    #expect(keys(of: resting, ["1"]).isEmpty && keys(of: resting, ["2"]) == [b] && resting.wake(a) == nil)
    #expect(resting.key(ofTarget: ObjectKey(.deployments, namespace: "n", "x")) == nil)
  }

  @Test("each is named once, in the order of the pods, whatever order was asked for before")
  func orders() {
    var resting = RestingAutoscalers()
    resting.put(a, sources("x", ["1", "3"]))
    resting.put(b, sources("y", ["2", "4"]))
    for pods in [["1", "2", "3", "4"], ["1", "2", "3", "4"], ["4", "3", "9", "1"], ["3", "3", "2"]] {
      let keys = resting.keys(ofPods: pods)
      #expect(keys == (pods[0] == "4" ? [b, a] : [a, b]))
    }
    resting.put(b, sources("y", ["4"]))
    _ = resting.wake(b)
    let keys = resting.keys(ofPods: ["4", "3", "1"])
    #expect(keys == [a])
  }
}
