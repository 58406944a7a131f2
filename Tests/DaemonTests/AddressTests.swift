import CoreObjects
import Foundation
import TestMachine
import Testing

@testable import Daemon

@Suite(
  "A cluster's addresses are free on its machine", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .kubectl), "needs root, crun and kubectl"))
struct AddressTests {
  private static func cluster(_ directory: String? = nil) async throws -> TestCluster {
    try await TestCluster(directory) {
      $0.runsContainers = true
      $0.linksMachine = true
      $0.nodes = 1
    }
  }

  @Test("a second cluster has other addresses than the first, says so, and keeps them")
  func second() async throws {
    let first = try await Self.cluster()
    let second = try await Self.cluster()
    let (taken, chosen) = (first.cluster.place.addresses, second.cluster.place.addresses)
    for (left, right) in zip(taken.ranges, chosen.ranges) { #expect(left != right) }
    let remark = try #require(second.cluster.place.remark)
    #expect(
      remark.hasSuffix(
        "pods are in \(chosen.podRange), Services in \(chosen.serviceRange) and load balancers in \(chosen.balancerRange)"))
    _ = try await second.kubectl(["create", "service", "loadbalancer", "web", "--tcp=80"])
    let path = ["-o", "jsonpath={.spec.clusterIP} {.status.loadBalancer.ingress[0].ip}"]
    let web = try await second.kubectl(["get", "service", "web"] + path).output.split(separator: " ")
    #expect(web.count == 2 && web[0].hasPrefix(chosen.services + ".") && web[1].hasPrefix(chosen.balancers + "."), "\(web)")
    let others = try await second.kubectl(["get", "service", "-A", "-o", "jsonpath={.items[*].spec.clusterIP}"]).output
    #expect(others.contains(chosen.apiServer) && others.contains(chosen.dns), "\(others)")
    let node = try await second.kubectl(["get", "nodes", "-o", "jsonpath={.items[0].spec.podCIDR}"]).output
    #expect(node == chosen.range(ofNode: 0))
    let refused = try await second.kubectl([
      "create", "service", "clusterip", "b", "--tcp=80", "--clusterip=" + taken.services + ".1.1",
    ])
    #expect(refused.status != 0 && refused.output.contains("is not in \(chosen.serviceRange)"), "\(refused.output)")
    await second.cluster.stop()
    await first.stop()
    // What Services have been told stays.
    let again = try await Self.cluster(second.directory)
    #expect(again.cluster.place.addresses == chosen)
    #expect(again.cluster.place.remark == nil)
    await again.stop()
  }
}
