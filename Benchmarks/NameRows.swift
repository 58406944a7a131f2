import CLDNS
import CoreNode
import CoreObjects
import EdgeDNS
import EdgeLinux
import Glibc
import Synchronization

/// What the DNS server does, without the control plane.
enum NameRows {
  private static let window = 64
  private static let rounds = 1000

  /// Answers in a second about the addresses of Services, of which there are so many, each with ten endpoints; the server has one
  /// thread, the client another.
  static func answers(services: Int) async throws -> Double {
    let store = store(services)
    let index = Mutex(ServiceIndex())
    let zone: DNSServer.Zone = { name, type in
      index.withLock { index in
        index.follow(store)
        return ClusterZone(store, index).answer(name, type)
      }
    }
    let datagrams = try Datagrams.bind(to: SocketAddress(host: "127.0.0.1", port: 0))
    guard let address = SocketAddress.local(of: datagrams.number) else { throw BenchError("the server has no address") }
    let server = DNSServer(datagrams: datagrams, listener: try Socket.listen(on: address), resolvers: { [] }, zone: zone)
    let client = try Datagrams.connect(to: address)
    client.setNonBlocking(false)
    let questions = (0..<window).map { question("s-\($0 * services / window).default.svc.cluster.local") }
    var elapsed = 0.0
    for round in 0...rounds {
      // The first builds the index.
      let begin = seconds()
      for question in questions { _ = try client.writeNow(question, from: 0) }
      for _ in questions {
        guard let answer = try client.readNow(2048), answer.count > questions[0].count else {
          throw BenchError("a Service has no address")
        }
      }
      if round > 0 { elapsed += seconds() - begin }
    }
    await server.stop()
    return Double(window * rounds) / elapsed
  }

  private static func question(_ name: String) -> [UInt8] {
    let query = ldns_pkt_query_new(ldns_dname_new_frm_str(name), LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN, UInt16(LDNS_RD))
    defer { ldns_pkt_free(query) }
    var (bytes, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
    ldns_pkt2wire(&bytes, query, &count)
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  private static func store(_ services: Int) -> Store {
    var store = Store()
    _ = store.put(ObjectKey(.namespaces, "default"), ["metadata": ["name": "default"]])
    for number in 0..<services {
      let name = "s-\(number)"
      _ = store.put(
        ObjectKey(.services, namespace: "default", name),
        [
          "metadata": ["name": .string(name), "namespace": "default"],
          "spec": [
            "clusterIPs": [.string("10.96.\(number / 250).\(number % 250 + 1)")], "ports": [["name": "http", "port": 80]],
          ],
        ])
      let endpoints = (0..<10).map {
        JSON.object([Member(key: Key("addresses"), value: [.string("10.244.\(number % 250).\($0 + 2)")])])
      }
      let labels = [Member(key: Key(ServiceBackend.serviceLabel), value: .string(name))]
      _ = store.put(
        ObjectKey(.endpointSlices, namespace: "default", name),
        [
          "metadata": ["name": .string(name), "namespace": "default", "labels": .object(labels)], "addressType": "IPv4",
          "endpoints": .array(endpoints),
        ])
    }
    return store
  }
}
