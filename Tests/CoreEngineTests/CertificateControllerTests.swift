import CoreControllers
import CoreEngine
import CoreObjects
import Testing

@Suite("Certificates: approved by itself, signed by order, and gone in time")
struct CertificateControllerTests {
  private static let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"

  /// A bench whose requests are the common name and the organization, with a space between.
  private func bench(mayCreate: [String] = []) -> EngineBench {
    let desk = CertificateController.Desk(
      read: { bytes in
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
        var facts = CertificateRequestFacts()
        facts.commonName = words.first ?? ""
        facts.organizations = Array(words.dropFirst())
        return facts
      }, mayCreate: { _, subresource, _ in mayCreate.contains(subresource) })
    return EngineBench(controllers: Controllers.all(certificateAuthority: "ca", zone: { _ in nil }, certificates: desk))
  }

  private func request(_ text: String, _ signer: CertificateSigner, _ usages: JSON, seconds: JSON = .null) -> JSON {
    [
      "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": ["name": "r"],
      "spec": [
        "request": .string(Base64.encode(Array(text.utf8))), "signerName": .string(signer.rawValue), "usages": usages,
        "expirationSeconds": seconds,
      ],
    ]
  }

  private func conditions(_ bench: EngineBench) -> [String] {
    bench.engine.store.get(.certificateSigningRequests, "r")?.tree[.status][.conditions].elements.compactMap { $0[.type].string }
      ?? ["gone"]
  }

  private static let approval: JSON = ["status": ["conditions": [["type": "Approved", "status": "True", "reason": "Test"]]]]

  private func approve(_ bench: inout EngineBench) {
    bench.send("PATCH", Self.path + "/r/approval", Self.approval, type: "application/merge-patch+json")
  }

  @Test("an approved request is ordered with its usages and life, and what is signed is its status")
  func signs() {
    var bench = bench()
    bench.send("POST", Self.path, request("jane dev", .client, ["client auth"], seconds: 7200))
    #expect(conditions(bench) == [] && bench.orders.isEmpty)
    approve(&bench)
    #expect(bench.orders.count >= 1 && bench.orders[0].usages == ["client auth"] && bench.orders[0].lifeSeconds == 7200)
    let pem = Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8)
    bench.step(.signed(SigningAnswer(bench.orders[0], .certificate(pem))))
    let status = bench.engine.store.get(.certificateSigningRequests, "r")?.tree[.status] ?? .null
    #expect(status["certificate"].string == Base64.encode(pem))
    bench.run(seconds: 3599)
    #expect(conditions(bench) == ["Approved"])
    bench.run(seconds: 2)
    #expect(conditions(bench) == ["gone"])
  }

  @Test("what a signer does not sign has failed, and so has what the authority cannot sign")
  func fails() {
    var bench = bench()
    bench.send("POST", Self.path, request("jane dev", .client, ["server auth"]))
    approve(&bench)
    #expect(conditions(bench) == ["Approved", "Failed"] && bench.orders.isEmpty)
    bench.send("DELETE", Self.path + "/r")
    bench.send("POST", Self.path, request("jane dev", .client, ["client auth"]))
    approve(&bench)
    bench.step(.signed(SigningAnswer(bench.orders[0], .failed("no"))))
    #expect(conditions(bench) == ["Approved", "Failed"])
    bench.run(seconds: 3601)
    #expect(conditions(bench) == ["gone"])
  }

  @Test("a node's client certificate is approved by itself for who may have one, and for nobody else")
  func approves() {
    let usages: JSON = ["digital signature", "client auth"]
    for (rights, expected) in [([], []), (["nodeclient"], ["Approved"]), (["selfnodeclient"], [])] as [([String], [String])] {
      var bench = bench(mayCreate: rights)
      bench.send("POST", Self.path, request("system:node:n system:nodes", .kubeletClient, usages))
      #expect(conditions(bench) == expected, "\(rights)")
      #expect(bench.orders.isEmpty == expected.isEmpty)
    }
    var other = bench(mayCreate: ["nodeclient"])
    other.send("POST", Self.path, request("jane dev", .client, ["client auth"]))
    #expect(conditions(other) == [])
  }

  @Test("a request that nobody decides about goes after a day, a denied one after an hour")
  func goes() {
    var bench = bench()
    bench.send("POST", Self.path, request("jane dev", .client, ["client auth"]))
    bench.run(seconds: 24 * 3600 - 1)
    #expect(conditions(bench) == [])
    bench.run(seconds: 2)
    #expect(conditions(bench) == ["gone"])
    bench.send("POST", Self.path, request("jane dev", .client, ["client auth"]))
    let denial: JSON = ["status": ["conditions": [["type": "Denied", "status": "True"]]]]
    bench.send("PATCH", Self.path + "/r/approval", denial, type: "application/merge-patch+json")
    #expect(conditions(bench) == ["Denied"])
    bench.run(seconds: 3601)
    #expect(conditions(bench) == ["gone"])
  }
}
