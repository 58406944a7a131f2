import CoreAPI
import CoreObjects
import Testing

@Suite("Requests for certificates: who asks, who approves, who signs")
struct CertificateRequestTests {
  private static let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
  private static let merge = "application/merge-patch+json"
  private static let client = "kubernetes.io/kube-apiserver-client"

  private func request(_ change: String = "{}") throws -> JSON {
    var spec: JSON = [
      "request": .string(Base64.encode(Array("-----BEGIN CERTIFICATE REQUEST-----".utf8))), "signerName": .string(Self.client),
      "usages": ["client auth"],
    ]
    spec.merge(try JSONParser.parse(change))
    return ["metadata": ["name": "jane"], "spec": spec]
  }

  private static func approval(_ type: String) -> JSON {
    ["status": ["conditions": [["type": .string(type), "status": "True", "reason": "Test"]]]]
  }

  @Test("the server says who asks, whatever the request says, and nothing of it changes afterwards")
  func requester() throws {
    var bench = Bench()
    let made = bench.send("POST", Self.path, try request(#"{"username":"root","groups":["g"],"uid":"u"}"#))
    #expect(made.status == 201, "\(made.body)")
    #expect(made.body[.spec]["username"] == "admin" && made.body[.spec]["groups"] == ["system:masters", "system:authenticated"])
    #expect(made.body[.spec]["uid"].isNull && made.body[.status] == [:])
    let changed = bench.send("PATCH", Self.path + "/jane", ["spec": ["usages": ["server auth"]]], type: Self.merge)
    #expect(changed.status == 200 && changed.body[.spec]["usages"] == ["client auth"])
    #expect(bench.get(Self.path + "?fieldSelector=spec.signerName%3Dkubernetes.io/kube-apiserver-client").names == ["jane"])
    #expect(bench.get(Self.path + "?fieldSelector=spec.signerName%3Dother.io/x").names == [])
  }

  @Test(
    "a request is refused with reason and field",
    arguments: [
      (#"{"usages":[]}"#, ["Required usages"]),
      (#"{"usages":["client auth","swim","client auth"]}"#, ["NotSupported usages[1]", "Duplicate usages[2]"]),
      (#"{"signerName":""}"#, ["Required signerName"]), (#"{"signerName":"signer"}"#, ["Invalid signerName"]),
      (#"{"signerName":"example/Signer"}"#, ["Invalid signerName", "Invalid signerName"]),
      (#"{"signerName":"kubernetes.io/legacy-unknown"}"#, ["Invalid signerName"]),
      (#"{"expirationSeconds":599}"#, ["Invalid expirationSeconds"]),
      (#"{"request":null}"#, ["Required request"]),
    ])
  func refusals(_ change: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.path, try request(change))
    #expect(answer.status == 422, "\(answer.body)")
    #expect(answer.causes.map { $0.replacing("spec.", with: "") }.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("an approval is made at its own subresource, gets its times, stays, and stands without a denial")
  func approve() throws {
    var bench = Bench()
    bench.send("POST", Self.path, try request())
    let elsewhere = bench.send("PATCH", Self.path + "/jane/status", Self.approval("Approved"), type: Self.merge)
    #expect(elsewhere.causes == ["Forbidden status.conditions"], "\(elsewhere.body)")
    var wanted = Self.approval("Approved")
    wanted[.status].put("certificate", "bm8=")
    let done = bench.send("PATCH", Self.path + "/jane/approval", wanted, type: Self.merge)
    #expect(done.status == 200 && done.body[.status]["certificate"].isNull, "\(done.body)")
    let condition = done.body[.status][.conditions][0]
    #expect(
      condition["lastUpdateTime"].string == bench.now.rfc3339 && condition["lastTransitionTime"].string == bench.now.rfc3339)
    let both = bench.send("PATCH", Self.path + "/jane/approval", Self.approval("Denied"), type: Self.merge)
    #expect(both.causes == ["Forbidden status.conditions"])
    var twice = Self.approval("Approved")
    twice[.status][.conditions] = .array(twice[.status][.conditions].elements + [["type": "Denied", "status": "False"]])
    #expect(
      bench.send("PATCH", Self.path + "/jane/approval", twice, type: Self.merge).causes.sorted() == [
        "Invalid status.conditions[1].type", "NotSupported status.conditions[1].status",
      ])
    let row = bench.get(Self.path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body[.rows][0][.cells]
    #expect(Array(row.elements.dropFirst(2)) == [.string(Self.client), "admin", "<none>", "Approved"])
  }

  @Test("a certificate is signed once, in PEM form")
  func certificate() throws {
    var bench = Bench()
    bench.send("POST", Self.path, try request())
    func sign(_ text: String) -> Bench.Answer {
      bench.send(
        "PATCH", Self.path + "/jane/status", ["status": ["certificate": .string(Base64.encode(Array(text.utf8)))]],
        type: Self.merge)
    }
    #expect(sign("hello").causes == ["Invalid status.certificate"])
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    #expect(sign(pem).status == 200)
    #expect(sign(pem + pem).causes == ["Forbidden status.certificate"])
  }

  @Test("to approve and to sign takes the rights to the signer, or to all of its domain")
  func rights() throws {
    var bench = Bench()
    bench.send("POST", Self.path, try request())
    func allow(_ verb: String, _ signer: String, _ resources: JSON) {
      bench.credential = Bench.admin
      let rules: JSON = [
        [
          "apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "resourceNames": [.string(signer)],
          "verbs": [.string(verb)],
        ],
        ["apiGroups": ["certificates.k8s.io"], "resources": resources, "verbs": ["get", "patch", "update"]],
      ]
      bench.send("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterroles/r")
      bench.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", ["metadata": ["name": "r"], "rules": rules])
      bench.send(
        "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        [
          "metadata": ["name": "r"], "subjects": [["kind": "User", "name": "bob", "apiGroup": "rbac.authorization.k8s.io"]],
          "roleRef": ["kind": "ClusterRole", "name": "r", "apiGroup": "rbac.authorization.k8s.io"],
        ])
      bench.credential = .certificate(commonName: "bob", organizations: [])
    }
    func approve() -> Bench.Answer {
      bench.send("PATCH", Self.path + "/jane/approval", Self.approval("Approved"), type: Self.merge)
    }
    let parts: JSON = ["certificatesigningrequests/approval", "certificatesigningrequests/status"]
    allow("approve", "example.com/*", parts)
    #expect(approve().status == 403)
    allow("approve", "kubernetes.io/*", parts)
    #expect(approve().status == 200)
    let failed: JSON = [
      "status": ["conditions": [["type": "Approved", "status": "True"], ["type": "Failed", "status": "True", "reason": "No"]]]
    ]
    #expect(bench.send("PATCH", Self.path + "/jane/status", failed, type: Self.merge).status == 403)
    allow("sign", Self.client, parts)
    #expect(bench.send("PATCH", Self.path + "/jane/status", failed, type: Self.merge).status == 200)
  }

  @Test("what signers sign is bound by subject, names and usages")
  func signers() {
    var node = CertificateRequestFacts()
    node.commonName = "system:node:n"
    node.organizations = ["system:nodes"]
    let usages = ["digital signature", "client auth"]
    #expect(CertificateSigner.kubeletClient.problem(node, usages: usages) == nil)
    #expect(CertificateSigner.kubeletClient.problem(node, usages: usages + ["key encipherment"]) == nil)
    #expect(CertificateSigner.kubeletClient.problem(node, usages: ["client auth"]) != nil)
    #expect(CertificateSigner.kubeletServing.problem(node, usages: ["digital signature", "server auth"]) != nil)
    node.dnsNames = ["n"]
    #expect(CertificateSigner.kubeletClient.problem(node, usages: usages) != nil)
    #expect(CertificateSigner.kubeletServing.problem(node, usages: ["digital signature", "server auth"]) == nil)
    #expect(CertificateSigner.client.problem(node, usages: ["client auth", "server auth"]) != nil)
    #expect(CertificateSigner.client.problem(node, usages: ["digital signature"]) != nil)
    #expect(CertificateSigner.legacyUnknown.problem(node, usages: ["any"]) == nil)
  }
}
