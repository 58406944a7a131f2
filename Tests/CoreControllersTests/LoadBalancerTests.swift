import CoreControllers
import CoreObjects
import Testing

@Suite("Addresses of load balancers")
struct LoadBalancerTests {
  private static func key(_ name: String) -> ObjectKey { ObjectKey(.services, namespace: "a", name) }

  /// What is asked of a store of Services, by their specs.
  private struct World {
    var store = Store()
    var controller = LoadBalancerController()

    /// - Returns: names of Services that are to be looked at
    mutating func put(_ name: String, _ spec: JSON, address: String? = nil) -> [String] {
      let status: JSON = address.map { ["loadBalancer": ["ingress": [["ip": .string($0)]]]] } ?? [:]
      let change = store.put(
        LoadBalancerTests.key(name), ["kind": "Service", "metadata": ["name": .string(name)], "spec": spec, "status": status])
      return controller.keys(affectedBy: change, in: snapshot).map(\.name)
    }

    var snapshot: Snapshot { Snapshot(store: store, metrics: MetricsWindow()) }

    /// The status that it writes, or the event's reason where it writes none.
    mutating func plan(_ name: String) -> [JSON] {
      controller.plan(LoadBalancerTests.key(name), in: snapshot, at: Instant(seconds: 0)).changes.map { change in
        if case .patch(_, "status", let merge) = change.write {
          merge[.status][.loadBalancer]
        } else {
          .string(change.succeeded?.reason ?? "")
        }
      }
    }
  }

  private static func ingress(_ address: String) -> JSON { ["ingress": [["ip": .string(address), "ipMode": "VIP"]]] }

  @Test("a Service of type LoadBalancer gets the first free address, once")
  func first() {
    var world = World()
    _ = world.put("a", ["type": "LoadBalancer"], address: "10.97.0.1")
    _ = world.put("b", ["type": "LoadBalancer"])
    #expect(world.plan("a") == [])
    #expect(world.plan("b") == [Self.ingress("10.97.0.2")])
  }

  @Test("another's class is another's business, and other types have none")
  func others() {
    var world = World()
    _ = world.put("a", ["type": "LoadBalancer", "loadBalancerClass": "example.com/lb"])
    _ = world.put("b", ["type": "NodePort"])
    #expect(world.plan("a") == [] && world.plan("b") == [])
  }

  @Test("the address that is wished for is given if it is free; else an event says why not, until it is")
  func wish() {
    var world = World()
    _ = world.put("a", ["type": "LoadBalancer"], address: "10.97.0.9")
    #expect(world.put("b", ["type": "LoadBalancer", "loadBalancerIP": "10.97.0.9"]) == ["b"])
    #expect(world.plan("b") == ["SyncLoadBalancerFailed"])
    #expect(world.put("a", ["type": "ClusterIP"]) == ["a", "b"])
    #expect(world.plan("b") == [Self.ingress("10.97.0.9")])
    _ = world.put("c", ["type": "LoadBalancer", "loadBalancerIP": "192.0.2.1"])
    #expect(world.plan("c") == ["SyncLoadBalancerFailed"])
  }

  @Test("a Service that is no balancer any more loses the address, but not one that somebody else gave it")
  func changed() {
    var world = World()
    _ = world.put("a", ["type": "ClusterIP"], address: "10.97.0.1")
    _ = world.put("b", ["type": "ClusterIP"], address: "192.0.2.1")
    #expect(world.plan("a") == [.null])
    #expect(world.plan("b") == [])
  }
}
