import CoreAPI
import CoreObjects
import Testing

@Suite("Authentication and authorisation")
struct AuthorizationTests {
  static let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
  static let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"

  static func user(_ name: String, _ groups: [String] = []) -> Credential {
    .certificate(commonName: name, organizations: groups)
  }

  static func grant(_ bench: inout Bench, _ rules: JSON, to user: String) {
    bench.credential = Bench.admin
    bench.send("POST", roles, ["metadata": ["name": "r"], "rules": rules])
    bench.send(
      "POST", bindings,
      [
        "metadata": ["name": "r"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": .string(user)]],
      ])
    bench.credential = self.user(user)
  }

  @Test("who has no role is refused with user, verb, resource, group and namespace")
  func deniesByDefault() {
    var bench = Bench()
    bench.credential = AuthorizationTests.user("jane")
    let answer = bench.get(Bench.pods)
    #expect(answer.status == 403)
    #expect(answer.reason == "Forbidden")
    #expect(
      answer.message
        == "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"")
    let cluster = bench.send("DELETE", "/api/v1/nodes/n1")
    #expect(cluster.message.contains("nodes \"n1\" is forbidden: User \"jane\" cannot delete resource \"nodes\""))
    #expect(cluster.message.hasSuffix("at the cluster scope"))
    #expect(bench.get("/metrics").message == "forbidden: User \"jane\" cannot get path \"/metrics\"")
  }

  @Test("a role grants what its rules name, in its namespace")
  func roleGrants() {
    var bench = Bench()
    AuthorizationTests.grant(&bench, [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]]], to: "jane")
    #expect(bench.get(Bench.configMaps).status == 200)
    #expect(bench.send("POST", Bench.configMaps, Bench.configMap("a")).status == 403)
    #expect(bench.get("/api/v1/namespaces/kube-system/configmaps").status == 403)
    bench.credential = Bench.admin
    bench.send("DELETE", AuthorizationTests.bindings + "/r")
    bench.credential = AuthorizationTests.user("jane")
    #expect(bench.get(Bench.configMaps).status == 403)
  }

  @Test("resourceNames bound a rule to objects, also in lists of one name")
  func resourceNames() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let rule: JSON = ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"], "resourceNames": ["a"]]
    AuthorizationTests.grant(&bench, [rule], to: "jane")
    #expect(bench.get(Bench.configMaps + "/a").status == 200)
    #expect(bench.get(Bench.configMaps + "/b").status == 403)
    #expect(bench.get(Bench.configMaps).status == 403)
    #expect(bench.get(Bench.configMaps + "?fieldSelector=metadata.name%3Da").names == ["a"])
  }

  @Test("a subresource is granted by its own name")
  func subresources() {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    AuthorizationTests.grant(&bench, [["apiGroups": [""], "resources": ["pods"], "verbs": ["*"]]], to: "jane")
    #expect(bench.get(Bench.pods + "/p").status == 200)
    #expect(bench.send("POST", Bench.pods + "/p/exec?command=ls&stdout=true").status == 403)
  }

  @Test("nobody grants what they do not hold")
  func escalation() {
    var bench = Bench()
    let rules: JSON = [
      ["apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["*"]],
      ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]],
    ]
    AuthorizationTests.grant(&bench, [rules[0], rules[1]], to: "jane")
    bench.credential = AuthorizationTests.user("jane")
    let held: JSON = [
      "metadata": ["name": "mine"], "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]]],
    ]
    let wide: JSON = ["metadata": ["name": "wide"], "rules": [["apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]]]]
    let star: JSON = ["metadata": ["name": "star"], "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]]]]
    // The verb "*" of jane's role covers escalate and bind: narrow it.
    bench.credential = Bench.admin
    let narrow: JSON = [
      "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["create", "get"],
    ]
    bench.send("PATCH", AuthorizationTests.roles + "/r", ["rules": [narrow, rules[1]]], type: "application/merge-patch+json")
    bench.credential = AuthorizationTests.user("jane")
    #expect(bench.send("POST", AuthorizationTests.roles, held).status == 201)
    #expect(bench.send("POST", AuthorizationTests.roles, wide).status == 403)
    #expect(bench.send("POST", AuthorizationTests.roles, star).status == 403)
    let admin: JSON = [
      "metadata": ["name": "up"],
      "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"],
      "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"]],
    ]
    #expect(bench.send("POST", AuthorizationTests.bindings, admin).status == 403)
  }

  @Test("aggregated roles hold the rules of those that they select")
  func aggregation() {
    var bench = Bench()
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    let edit = bench.get(path + "/edit").body[.rules].elements
    let admin = bench.get(path + "/admin").body[.rules].elements
    #expect(!bench.get(path + "/view").body[.rules].elements.isEmpty)
    #expect(edit.count > bench.get(path + "/view").body[.rules].elements.count)
    #expect(edit.allSatisfy(admin.contains))
    let rule: JSON = ["apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]]
    let labels: JSON = .object([Member(key: Key("rbac.authorization.k8s.io/aggregate-to-view"), value: "true")])
    bench.send("POST", path, ["metadata": ["name": "things", "labels": labels], "rules": [rule]])
    #expect(bench.get(path + "/admin").body[.rules].elements.contains(rule))
    bench.send("DELETE", path + "/things")
    #expect(!bench.get(path + "/admin").body[.rules].elements.contains(rule))
  }

  @Test("everyone may see health and version, those who are known also discovery")
  func publicPaths() {
    var bench = Bench()
    bench.credential = .none
    #expect(bench.get("/healthz").status == 200)
    #expect(bench.get("/version").body["gitVersion"].string?.hasPrefix("v1.36") == true)
    #expect(bench.get("/apis").status == 403)
    #expect(bench.get("/api/v1/pods").message.contains("system:anonymous"))
    bench.credential = AuthorizationTests.user("jane")
    #expect(bench.get("/apis").status == 200)
    bench.credential = .invalid("the certificate has expired")
    #expect(bench.get("/healthz").status == 401)
  }

  @Test("a service account's token counts for its time, audience, account and pod")
  func serviceAccountTokens() throws {
    var bench = Bench()
    bench.send("POST", Bench.pods, Bench.pod("p"))
    let uid = bench.get(Bench.pods + "/p").body[.metadata][.uid]
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    let request: JSON = [
      "spec": ["expirationSeconds": 600, "boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "p", "uid": uid]]
    ]
    let answer = bench.send("POST", path, request)
    #expect(answer.status == 201)
    let token = try #require(answer.body[.status][.token].string)
    let claims = try #require(bench.server.configuration.verify(token).flatMap(AccountToken.init))
    bench.credential = .serviceAccount(claims)
    let me = bench.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", ["kind": "SelfSubjectReview"])
    let info = me.body[.status]["userInfo"]
    #expect(info["username"].string == "system:serviceaccount:default:default")
    #expect(info[.groups].elements.contains("system:serviceaccounts:default"))
    #expect(info["extra"]["authentication.kubernetes.io/pod-name"] == ["p"])
    bench.now = bench.now + .seconds(601)
    #expect(bench.get(Bench.pods).status == 401)
    bench.now = bench.now - .seconds(601)
    bench.credential = Bench.admin
    bench.send("DELETE", Bench.pods + "/p")
    bench.credential = .serviceAccount(claims)
    #expect(bench.get(Bench.pods).status == 401)
    bench.credential = Bench.admin
    #expect(bench.send("POST", path, ["spec": ["expirationSeconds": 10]]).status == 422)
    let other = bench.send("POST", path, ["spec": ["audiences": ["vault"]]]).body[.status][.token].string ?? ""
    bench.credential = .serviceAccount(try #require(bench.server.configuration.verify(other).flatMap(AccountToken.init)))
    #expect(bench.get(Bench.pods).status == 401)
  }

  @Test("a pod's token tells the node as well, and one that is made for a node counts while the node is there")
  func nodesOfTokens() throws {
    var bench = Bench()
    let node = bench.send("POST", "/api/v1/nodes", ["kind": "Node", "metadata": ["name": "n1"]]).body[.metadata][.uid]
    var pod = Bench.pod("p")
    pod[.spec].put("nodeName", "n1")
    bench.send("POST", Bench.pods, pod)
    func token(_ kind: JSON, _ name: JSON) throws -> AccountToken {
      let answer = bench.send(
        "POST", "/api/v1/namespaces/default/serviceaccounts/default/token",
        ["spec": ["boundObjectRef": ["kind": kind, "apiVersion": "v1", "name": name]]])
      let text = try #require(answer.body[.status][.token].string)
      return try #require(bench.server.configuration.verify(text).flatMap(AccountToken.init))
    }
    let (ofPod, ofNode) = (try token("Pod", "p"), try token("Node", "n1"))
    for account in [ofPod, ofNode] {
      bench.credential = .serviceAccount(account)
      let me = bench.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", ["kind": "SelfSubjectReview"])
      let extra = me.body[.status]["userInfo"]["extra"]
      #expect(extra["authentication.kubernetes.io/node-name"] == ["n1"])
      #expect(extra["authentication.kubernetes.io/node-uid"] == [node])
      #expect(extra["authentication.kubernetes.io/pod-name"].isNull == (account === ofNode))
    }
    bench.credential = Bench.admin
    bench.send("DELETE", "/api/v1/nodes/n1")
    bench.credential = .serviceAccount(ofNode)
    #expect(bench.get("/api/v1").status == 401)
    bench.credential = .serviceAccount(ofPod)
    #expect(bench.get("/api/v1").status == 200)
  }

  @Test("access reviews answer for oneself and, to those who may ask, for others")
  func reviews() {
    var bench = Bench()
    AuthorizationTests.grant(&bench, [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]], to: "jane")
    let path = "/apis/authorization.k8s.io/v1/"
    func ask(_ verb: String) -> JSON {
      ["spec": ["resourceAttributes": ["namespace": "default", "verb": .string(verb), "resource": "pods"]]]
    }
    #expect(bench.send("POST", path + "selfsubjectaccessreviews", ask("get")).body[.status]["allowed"].bool == true)
    #expect(bench.send("POST", path + "selfsubjectaccessreviews", ask("delete")).body[.status]["allowed"].bool == false)
    let rules = bench.send("POST", path + "selfsubjectrulesreviews", ["spec": ["namespace": "default"]]).body[.status]
    #expect(rules["resourceRules"].elements.contains { $0[.resources] == ["pods"] })
    #expect(bench.send("POST", path + "subjectaccessreviews", ask("get")).status == 403)
    bench.credential = Bench.admin
    var other = ask("get")
    other[.spec].put("user", "jane")
    #expect(bench.send("POST", path + "subjectaccessreviews", other).body[.status]["allowed"].bool == true)
    #expect(bench.send("POST", path + "subjectaccessreviews", ["spec": ["user": "jane"]]).status == 400)
  }

  @Test("impersonation needs the right to it and then judges as the other")
  func impersonation() {
    var bench = Bench()
    var request = APIRequest(method: "GET", path: Bench.pods, credential: Bench.admin)
    request.impersonation = Caller(name: "jane", groups: [])
    #expect(bench.read(bench.handle(request)).message.contains("User \"jane\" cannot list"))
    request.credential = AuthorizationTests.user("joe")
    #expect(
      bench.read(bench.handle(request)).message.contains(
        "User \"joe\" cannot impersonate resource \"users\""))
  }
}

@Suite("What a kubelet asks of whoever asks it")
struct KubeletAccessTests {
  @Test("each path needs a right to a subresource of the node, the verb is the method's")
  func paths() {
    for (path, expected) in [
      "/stats/summary": ["stats"], "/metrics": ["metrics"], "/metrics/resource": ["metrics"], "/logs/": ["log"],
      "/checkpoint/a/b/c": ["checkpoint"], "/pods": ["pods", "proxy"], "/runningpods/": ["pods", "proxy"],
      "/healthz": ["healthz", "proxy"], "/configz": ["configz", "proxy"], "/exec/a/b/c": ["proxy"], "/": ["proxy"],
      "/containerLogs/a/b/c": ["proxy"], "/%70ods": ["proxy"],
    ] { #expect(KubeletAccess(method: "GET", path: path).subresources == expected, "\(path)") }
    let verbs = ["GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "OPTIONS": ""]
    for (method, verb) in verbs { #expect(KubeletAccess(method: method, path: "/exec/a/b/c").verb == verb) }
  }
}
