import CoreAPI
import CoreObjects
import Testing

@Suite("Secrets that are tokens")
struct TokenSecretTests {
  private static let secrets = "/api/v1/namespaces/default/secrets"

  private func secret(_ account: String?) -> JSON {
    var tree: JSON = ["metadata": ["name": "t"], "type": "kubernetes.io/service-account-token"]
    if let account { tree[.metadata].put(.annotations, ["kubernetes.io/service-account.name": .string(account)]) }
    return tree
  }

  @Test("a token, the authority and the namespace are filled in, and the token counts until the Secret is gone")
  func fills() throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.secrets, secret("default"))
    #expect(answer.body[.data].members.map(\.key.name).sorted() == ["ca.crt", "namespace", "token"])
    #expect(!answer.body[.metadata][.annotations]["kubernetes.io/service-account.uid"].isNull)
    let token = String(decoding: try #require(Base64.decode(answer.body[.data]["token"].string ?? "")), as: UTF8.self)
    let claims = try #require(bench.server.configuration.verify(token))
    bench.credential = .serviceAccount(try #require(AccountToken(claims)))
    let review: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    #expect(bench.send("POST", path, review).body[.status]["userInfo"]["username"] == "system:serviceaccount:default:default")
    let held = bench.credential
    bench.credential = Bench.admin
    bench.send("DELETE", Self.secrets + "/t")
    bench.credential = held
    #expect(bench.send("POST", path, review).status == 401)
  }

  @Test("one that names no account is refused, as are other types without what they hold")
  func refusals() {
    var bench = Bench()
    #expect(bench.send("POST", Self.secrets, secret(nil)).status == 422)
    let types: [(String, JSON, [String])] = [
      ("kubernetes.io/tls", ["tls.crt": ""], ["data[tls.key]"]),
      ("kubernetes.io/basic-auth", [:], ["data[username]", "data[password]"]),
      ("kubernetes.io/ssh-auth", [:], ["data[ssh-privatekey]"]),
      ("kubernetes.io/dockerconfigjson", [".dockerconfigjson": "eA=="], ["data[.dockerconfigjson]"]),
    ]
    for (type, data, fields) in types {
      let answer = bench.send("POST", Self.secrets, ["metadata": ["name": "x"], "type": .string(type), "data": data])
      #expect(
        answer.status == 422 && answer.body["details"]["causes"].elements.compactMap { $0["field"].string } == fields, "\(type)")
    }
  }

  @Test("service accounts find what tokens are checked with, and nobody else does")
  func discovery() {
    var bench = Bench()
    bench.credential = .token(user: Caller(name: "system:serviceaccount:default:default", groups: ["system:serviceaccounts"]))
    let answer = bench.get("/.well-known/openid-configuration")
    #expect(
      answer.body["issuer"] == "https://kubernetes.default.svc"
        && answer.body["jwks_uri"].string?.hasSuffix("/openid/v1/jwks") == true)
    #expect(bench.get("/openid/v1/jwks").body["keys"].isArray)
    bench.credential = .none
    #expect(bench.get("/openid/v1/jwks").status == 403)
  }
}
