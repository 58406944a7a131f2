import CoreNode
import CoreObjects
import Daemon
import EdgeAgent
import Testing

@Suite("Requests of the command line")
struct ControlRequestTests {
  @Test(
    "a cluster reads from its socket what the command line asked",
    arguments: [
      ControlRequest.explain(autoscaler: "app", namespace: "shop"), .images(.loadImage(name: "app:test")),
      .images(.loadArchive(path: "/a b")), .images(.pack(name: "app:test", program: "/app")), .images(.packTools(name: "tools")),
      .node(.add(name: "big", size: AgentNode.Size(cpuMillicores: 1500, memoryBytes: 8 << 30))),
      .node(.add(name: nil, size: nil)),
      .node(.remove(name: "a")), .node(.stop(name: "a")), .node(.start(name: "a")),
      .status, .published, .publish(try! PublishedPort("8080:svc/web.shop:http/udp")), .unpublish(try! HostSide("[::1]:80/tcp")),
      .unpublish(try! HostSide("80")), .faults(.show), .faults(.heal(nil)), .faults(.heal(2)),
      .faults(.make(NetworkFault(.cut, [FaultEnd("sts/db", namespace: "shop")!]), seconds: 0.5)),
      .faults(
        .make(
          NetworkFault(.loss(perMillion: 5), [FaultEnd("no/a", namespace: "")!, FaultEnd("ns/b", namespace: "c")!]), seconds: nil)
      ),
      .faults(.make(NetworkFault(.delay(milliseconds: 5, jitter: 0), [FaultEnd("pod/a", namespace: "b")!]), seconds: 60)),
      .images(.list), .images(.remove(name: "app:test")),
    ])
  func roundTrip(request: ControlRequest) throws {
    #expect(ControlRequest(try JSONParser.parse(request.tree.encoded())) == request)
  }

  @Test(
    "what it does not know, or what is not whole, it does not guess",
    arguments: [
      ["verb": "fly"], ["verb": "pack", "name": "app"], ["verb": "explain", "name": "app"], [:], "list",
      ["verb": "publish"], ["verb": "publish", "port": "80"], ["verb": "unpublish", "port": "a"],
      ["verb": "fault", "effect": "cut", "ends": [["fly/a", "b"]]],
      ["verb": "fault", "effect": "loss", "ends": [["pods/a", "b"]]],
      ["verb": "node-rm"],
    ] as [JSON])
  func unknown(tree: JSON) {
    #expect(ControlRequest(tree) == nil)
  }
}
