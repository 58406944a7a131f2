import CoreAPI
import CoreObjects
import Testing

@Suite("Ingresses, their classes and policies of networks")
struct NetworkingTests {
  private static let root = "/apis/networking.k8s.io/v1"
  private static let ingresses = root + "/namespaces/default/ingresses"
  private static let policies = root + "/namespaces/default/networkpolicies"
  private static let classes = root + "/ingressclasses"
  private static let merge = "application/merge-patch+json"
  private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io"

  private func ingress(_ spec: JSON, annotations: JSON = .null) -> JSON {
    ["metadata": ["name": "web", "annotations": annotations], "spec": spec]
  }

  private func path(_ path: String) throws -> JSON {
    ["rules": [["http": ["paths": [try JSONParser.parse(path)]]]]]
  }

  private static let backend: JSON = ["service": ["name": "web", "port": ["number": 80]]]

  private func ingressClass(_ name: String, isDefault: Bool) -> JSON {
    [
      "metadata": [
        "name": .string(name), "annotations": ["ingressclass.kubernetes.io/is-default-class": .string("\(isDefault)")],
      ], "spec": ["controller": "example.com/ingress"],
    ]
  }

  private func causes(_ answer: Bench.Answer) -> [String] {
    answer.body["details"]["causes"].elements.map {
      "\(($0["reason"].string ?? "").dropFirst("FieldValue".count)) \($0["field"].string ?? "")"
    }
  }

  @Test(
    "a path of an Ingress is refused with reason and field",
    arguments: [
      (#"{"path":"/","backend":{"service":{"name":"a","port":{"number":1}}}}"#, ["Required pathType"]),
      (#"{"path":"/","pathType":"Glob","backend":{"service":{"name":"a","port":{"number":1}}}}"#, ["NotSupported pathType"]),
      (#"{"path":"/","pathType":"Exact"}"#, ["Invalid backend"]),
      (#"{"pathType":"Prefix","backend":{"service":{"name":"a","port":{"number":1}}}}"#, ["Invalid path"]),
      (
        #"{"path":"a//b/.","pathType":"Exact","backend":{"service":{"name":"a","port":{"name":"web"}}}}"#,
        ["Invalid path", "Invalid path", "Invalid path"]
      ),
      (#"{"path":"/a%2Fb","pathType":"Prefix","backend":{"service":{"name":"a","port":{"name":"web"}}}}"#, ["Invalid path"]),
      (
        #"{"path":"a","pathType":"ImplementationSpecific","backend":{"service":{"name":"a","port":{"name":"web"}}}}"#,
        ["Invalid path"]
      ),
      (
        #"{"pathType":"ImplementationSpecific","backend":{"service":{"name":"A","port":{"name":"a--b"}}}}"#,
        ["Invalid backend.service.name", "Invalid backend.service.port.name"]
      ),
      (
        #"{"path":"/","pathType":"Exact","backend":{"service":{"port":{}}}}"#,
        ["Required backend.service.name", "Required backend"]
      ),
      (
        #"{"path":"/","pathType":"Exact","backend":{"service":{"name":"a","port":{"name":"a","number":1}}}}"#, ["Invalid backend"]
      ),
      (
        #"{"path":"/","pathType":"Exact","backend":{"service":{"name":"a","port":{"number":70000}}}}"#,
        ["Invalid backend.service.port.number"]
      ),
      (
        #"{"path":"/","pathType":"Exact","backend":{"service":{"name":"a","port":{"number":1}},"resource":{"kind":"B","name":"b"}}}"#,
        ["Invalid backend"]
      ),
      (
        #"{"path":"/","pathType":"Exact","backend":{"resource":{"apiGroup":"A_","kind":"a/b","name":".."}}}"#,
        ["Invalid backend.resource.apiGroup", "Invalid backend.resource.kind", "Invalid backend.resource.name"]
      ),
    ])
  func paths(_ path: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.ingresses, ingress(try self.path(path)))
    let prefix = "spec.rules[0].http.paths[0]."
    #expect(answer.status == 422, "\(answer.body)")
    #expect(causes(answer).map { $0.replacing(prefix, with: "") }.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test(
    "hosts, certificates and classes of an Ingress are refused with reason and field",
    arguments: [
      ("{}", ["Invalid spec"]), (#"{"rules":[{"host":"10.0.0.1"}]}"#, ["Invalid spec.rules[0].host"]),
      (#"{"rules":[{"host":"Shop"}]}"#, ["Invalid spec.rules[0].host"]),
      (#"{"rules":[{"host":"a.*.example.com"}]}"#, ["Invalid spec.rules[0].host"]),
      (#"{"rules":[{"host":"*"}]}"#, ["Invalid spec.rules[0].host"]),
      (#"{"rules":[{"http":{"paths":[]}}]}"#, ["Required spec.rules[0].http.paths"]),
      (
        #"{"rules":[{"host":"a"}],"tls":[{"hosts":["b","*b","B"],"secretName":"S_"}]}"#,
        ["Invalid spec.tls[0].hosts[1]", "Invalid spec.tls[0].hosts[2]", "Invalid spec.tls[0].secretName"]
      ),
      (#"{"defaultBackend":{}}"#, ["Invalid spec.defaultBackend"]),
      (#"{"rules":[{"host":"a"}],"ingressClassName":""}"#, ["Invalid spec.ingressClassName"]),
    ])
  func specs(_ spec: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.ingresses, ingress(try JSONParser.parse(spec)))
    #expect(answer.status == 422 && causes(answer).sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("an Ingress has the youngest default class, unless it or its annotation names one; the two agree when it is made")
  func defaultClass() {
    var bench = Bench()
    let plain: JSON = ["defaultBackend": Self.backend]
    bench.send("POST", Self.ingresses, ingress(plain))
    #expect(bench.get(Self.ingresses + "/web").body[.spec]["ingressClassName"].isNull)
    bench.send("DELETE", Self.ingresses + "/web")
    bench.send("POST", Self.classes, ingressClass("old", isDefault: true))
    bench.now = bench.now + .seconds(1)
    for name in ["b", "a"] { bench.send("POST", Self.classes, ingressClass(name, isDefault: true)) }
    bench.send("POST", Self.classes, ingressClass("other", isDefault: false))
    let made = bench.send("POST", Self.ingresses, ingress(plain))
    #expect(made.status == 201 && made.body[.spec]["ingressClassName"].string == "a" && made.warnings.isEmpty, "\(made.body)")
    bench.send("DELETE", Self.ingresses + "/web")
    var named = plain
    named.put("ingressClassName", "other")
    let annotation: JSON = ["kubernetes.io/ingress.class": "nginx"]
    let refused = bench.send("POST", Self.ingresses, ingress(named, annotations: annotation))
    #expect(refused.status == 422 && causes(refused) == ["Invalid annotations.kubernetes.io/ingress.class"], "\(refused.body)")
    let old = bench.send("POST", Self.ingresses, ingress(plain, annotations: annotation))
    #expect(old.status == 201 && old.body[.spec]["ingressClassName"].isNull)
    let later = bench.send("PATCH", Self.ingresses + "/web", ["spec": ["ingressClassName": "other"]], type: Self.merge)
    #expect(later.status == 200 && later.body[.metadata][.generation] == 2)
  }

  @Test("the status of an Ingress is written apart, and its addresses are addresses")
  func status() {
    var bench = Bench()
    let created = bench.send("POST", Self.ingresses, ingress(["defaultBackend": Self.backend]))
    #expect(created.body[.status] == ["loadBalancer": [:]] && created.body[.metadata][.generation] == 1, "\(created.body)")
    func write(_ place: JSON) -> Bench.Answer {
      bench.send("PATCH", Self.ingresses + "/web/status", ["status": ["loadBalancer": ["ingress": [place]]]], type: Self.merge)
    }
    let at = "status.loadBalancer.ingress[0]"
    #expect(causes(write(["ip": "10.0.0"])) == ["Invalid \(at).ip"])
    #expect(causes(write(["hostname": "10.0.0.1"])) == ["Invalid \(at).hostname"])
    #expect(causes(write(["hostname": "A"])) == ["Invalid \(at).hostname"])
    #expect(write(["ip": "10.0.0.1", "ports": [["port": 80, "protocol": "TCP"]]]).status == 200)
    let rows = bench.get(Self.ingresses, accept: Self.table).body["rows"].elements.map { $0["cells"] }
    #expect(rows == [["web", "<none>", "*", "10.0.0.1", "80", "0s"]], "\(rows)")
  }

  @Test("the table of Ingresses names three hosts, and how many rules follow")
  func hosts() {
    var bench = Bench()
    let hosts = ["a", "", "b", "c"].map { ["host": .string($0)] as JSON }
    for (name, rules) in [("three", hosts), ("more", hosts + [["host": "d"], ["host": "e"]])] {
      let spec: JSON = ["rules": .array(rules), "tls": [["hosts": ["a"]]], "ingressClassName": "c"]
      #expect(bench.send("POST", Self.ingresses, ["metadata": ["name": .string(name)], "spec": spec]).status == 201)
    }
    let rows = bench.get(Self.ingresses, accept: Self.table).body["rows"].elements.map { $0["cells"] }
    #expect(
      rows == [["more", "c", "a,b,c + 3 more...", "", "80, 443", "0s"], ["three", "c", "a,b,c", "", "80, 443", "0s"]], "\(rows)")
  }

  @Test(
    "what a class of Ingresses must not be is told with reason and field",
    arguments: [
      ("{}", ["Required spec.controller"]), (#"{"controller":"example.com"}"#, ["Invalid spec.controller"]),
      (#"{"controller":"Example/a b"}"#, ["Invalid spec.controller", "Invalid spec.controller"]),
      (#"{"controller":"a/b","parameters":{}}"#, ["Required spec.parameters.kind", "Required spec.parameters.name"]),
      (#"{"controller":"a/b","parameters":{"kind":"K","name":"n","namespace":"x"}}"#, ["Forbidden spec.parameters.namespace"]),
      (#"{"controller":"a/b","parameters":{"kind":"K","name":"n","scope":"Namespace"}}"#, ["Required spec.parameters.namespace"]),
      (#"{"controller":"a/b","parameters":{"kind":"K","name":"n","scope":"X"}}"#, ["NotSupported spec.parameters.scope"]),
    ])
  func classes(_ spec: String, _ expected: [String]) throws {
    var bench = Bench()
    let answer = bench.send("POST", Self.classes, ["metadata": ["name": "c"], "spec": try JSONParser.parse(spec)])
    #expect(answer.status == 422 && causes(answer).sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("a class keeps its controller, and its parameters are of the cluster unless they say otherwise")
  func classChanges() {
    var bench = Bench()
    let parameters: JSON = ["apiGroup": "k.example.com", "kind": "K", "name": "n"]
    let spec: JSON = ["controller": "example.com/ingress", "parameters": parameters]
    let made = bench.send("POST", Self.classes, ["metadata": ["name": "c"], "spec": spec])
    #expect(made.status == 201 && made.body[.spec]["parameters"]["scope"] == "Cluster", "\(made.body)")
    let cells = bench.get(Self.classes + "/c", accept: Self.table).body["rows"][0]["cells"]
    #expect(cells == ["c", "example.com/ingress", "K.k.example.com/n", "0s"], "\(cells)")
    let moved = bench.send("PATCH", Self.classes + "/c", ["spec": ["controller": "a/b"]], type: Self.merge)
    #expect(moved.status == 422 && causes(moved) == ["Invalid spec.controller"], "\(moved.body)")
    let bare = bench.send("PATCH", Self.classes + "/c", ["spec": ["parameters": nil]], type: Self.merge)
    #expect(bare.body[.metadata][.generation] == 2, "\(bare.body)")
  }

  @Test(
    "what a policy must not say is told with reason and field",
    arguments: [
      (#"{"ports":[{"port":0}]}"#, ["Invalid ports[0].port"]), (#"{"ports":[{"port":"Web"}]}"#, ["Invalid ports[0].port"]),
      (#"{"ports":[{"port":""}]}"#, ["Invalid ports[0].port"]),
      (#"{"ports":[{"protocol":"ICMP"}]}"#, ["NotSupported ports[0].protocol"]),
      (#"{"ports":[{"port":80,"endPort":79}]}"#, ["Invalid ports[0].endPort"]),
      (#"{"ports":[{"port":"web","endPort":80}]}"#, ["Invalid ports[0].endPort"]),
      (#"{"ports":[{"endPort":80}]}"#, ["Invalid ports[0].endPort"]),
      (#"{"ports":[{"port":80,"endPort":70000}]}"#, ["Invalid ports[0].endPort"]), (#"{"from":[{}]}"#, ["Required from[0]"]),
      (#"{"from":[{"podSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}}]}"#, ["Forbidden from[0]"]),
      (#"{"from":[{"ipBlock":{}}]}"#, ["Required from[0].ipBlock.cidr"]),
      (#"{"from":[{"ipBlock":{"cidr":"10.0.0.1/8"}}]}"#, ["Invalid from[0].ipBlock.cidr"]),
      (
        #"{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/16","10.0.0.0/8","x","10.1.0.0/16"]}}]}"#,
        ["Invalid from[0].ipBlock.except[0]", "Invalid from[0].ipBlock.except[1]", "Invalid from[0].ipBlock.except[2]"]
      ),
      (#"{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["fd00::/16"]}}]}"#, ["Invalid from[0].ipBlock.except[0]"]),
      (
        #"{"from":[{"namespaceSelector":{"matchExpressions":[{"key":"a","operator":"In"}]}}]}"#,
        ["Required from[0].namespaceSelector.matchExpressions[0].values"]
      ),
    ])
  func policyRules(_ rule: String, _ expected: [String]) throws {
    var bench = Bench()
    let parsed = try JSONParser.parse(rule)
    let answer = bench.send(
      "POST", Self.policies, ["metadata": ["name": "p"], "spec": ["podSelector": [:], "ingress": [parsed]]])
    #expect(answer.status == 422, "\(answer.body)")
    #expect(causes(answer).map { $0.replacing("spec.ingress[0].", with: "") }.sorted() == expected.sorted(), "\(answer.body)")
    var outwards = parsed
    outwards.put("to", outwards["from"])
    outwards.remove("from")
    let egress = bench.send(
      "POST", Self.policies, ["metadata": ["name": "p"], "spec": ["podSelector": [:], "egress": [outwards]]])
    #expect(causes(egress).count == expected.count, "\(egress.body)")
  }

  @Test("types of a policy follow from its rules")
  func policyTypes() {
    var bench = Bench()
    func make(_ name: String, _ spec: JSON) -> Bench.Answer {
      bench.send("POST", Self.policies, ["metadata": ["name": .string(name)], "spec": spec])
    }
    let closed = make("closed", ["podSelector": [:]])
    #expect(closed.body[.spec] == ["podSelector": [:], "policyTypes": ["Ingress"]], "\(closed.body)")
    #expect(closed.body[.metadata][.generation] == 1)
    #expect(closed.warnings == [])
    let open = make("open", ["podSelector": ["matchLabels": ["a": "b"]], "egress": [["ports": [["port": 53]]]]])
    #expect(open.body[.spec]["policyTypes"] == ["Ingress", "Egress"])
    #expect(open.body[.spec]["egress"] == [["ports": [["port": 53, "protocol": "TCP"]]]], "\(open.body)")
    #expect(causes(make("x", ["policyTypes": ["Egress", "X"]])) == ["NotSupported spec.policyTypes[1]"])
    #expect(causes(make("x", ["policyTypes": ["Egress", "Egress", "X"]])) == ["Invalid spec.policyTypes"])
    let labelled = bench.send("PATCH", Self.policies + "/open", ["metadata": ["labels": ["l": "1"]]], type: Self.merge)
    #expect(labelled.status == 200 && labelled.warnings.isEmpty, "\(labelled.warnings)")
    let rows = bench.get(Self.policies, accept: Self.table).body["rows"].elements.map { $0["cells"] }
    #expect(rows == [["closed", "<none>", "0s"], ["open", "a=b", "0s"]], "\(rows)")
  }

  @Test("an Ingress comes out of protobuf with the paths of its hosts, which JSON shows without their message")
  func protobuf() throws {
    func text(_ field: UInt64, _ value: String) -> [UInt8] { ProtobufTests.text(field, value) }
    func message(_ field: UInt64, _ parts: [UInt8]...) -> [UInt8] { ProtobufTests.message(field, Array(parts.joined())) }
    let backend = message(2, message(4, text(1, "web"), message(2, text(1, ""), ProtobufTests.number(2, 80))))
    let rule = message(3, text(1, "a.b"), message(2, message(1, message(1, text(1, "/"), backend, text(3, "Prefix")))))
    let body = ProtobufTests.envelope(
      "networking.k8s.io/v1", "Ingress", message(1, text(1, "web")), message(2, rule), message(3, message(1)))
    var bench = Bench()
    let answer = bench.read(bench.request("POST", Self.ingresses, body, type: ProtobufTests.type))
    #expect(answer.status == 201, "\(answer.body)")
    let path: JSON = ["path": "/", "pathType": "Prefix", "backend": Self.backend]
    #expect(answer.body[.spec] == ["rules": [["host": "a.b", "http": ["paths": [path]]]]], "\(answer.body)")
  }

  @Test("who may edit a namespace may write its Ingresses and policies, who may view it may read them")
  func roles() {
    var bench = Bench()
    for (role, user) in [("edit", "editor"), ("view", "viewer")] {
      let binding: JSON = [
        "metadata": ["name": .string(role)],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)],
        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": .string(user)]],
      ]
      bench.send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding)
    }
    for (user, status) in [("viewer", 403), ("editor", 201)] {
      bench.credential = .certificate(commonName: user, organizations: ["system:authenticated"])
      #expect(bench.send("POST", Self.ingresses, ingress(["defaultBackend": Self.backend])).status == status)
      #expect(bench.send("POST", Self.policies, ["metadata": ["name": "p"]]).status == status)
      #expect(bench.get(Self.ingresses).status == 200 && bench.get(Self.policies).status == 200)
      #expect(bench.send("POST", Self.classes, ingressClass("c", isDefault: false)).status == 403)
    }
  }
}
