import CoreAPI
import CoreObjects
import Testing

/// Bodies as kubectl v1.33 sends them.
@Suite("Objects in protobuf")
struct ProtobufTests {
  static let type = "application/vnd.kubernetes.protobuf"

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }
  static func number(_ field: UInt64, _ value: Int64) -> [UInt8] { varint(field << 3) + varint(UInt64(bitPattern: value)) }
  static func message(_ field: UInt64, _ parts: [UInt8]...) -> [UInt8] {
    let bytes = Array(parts.joined())
    return varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }
  static func text(_ field: UInt64, _ text: String) -> [UInt8] { message(field, Array(text.utf8)) }
  static func envelope(_ apiVersion: String, _ kind: String, _ object: [UInt8]...) -> [UInt8] {
    [0x6B, 0x38, 0x73, 0] + message(1, text(1, apiVersion), text(2, kind)) + message(2, Array(object.joined())) + text(3, "")
      + text(4, "")
  }

  private static func metadata(_ name: String) -> [UInt8] { message(1, text(1, name), text(2, ""), message(8)) }

  @Test("a SelfSubjectAccessReview is answered")
  func accessReview() {
    var bench = Bench()
    let attributes = ProtobufTests.message(
      1, ProtobufTests.text(1, "default"), ProtobufTests.text(2, "get"), ProtobufTests.text(3, ""), ProtobufTests.text(5, "pods"))
    let body = ProtobufTests.envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview", ProtobufTests.message(2, attributes))
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    let answer = bench.read(bench.request("POST", path, body, type: ProtobufTests.type))
    #expect(answer.status == 201 && answer.body[.status]["allowed"] == true)
    #expect(answer.body[.spec][.resourceAttributes] == ["namespace": "default", "verb": "get", "resource": "pods"])
  }

  @Test("maps, bytes and lists come out as JSON has them; fields that hold nothing stay out")
  func secret() throws {
    let data = ProtobufTests.message(2, ProtobufTests.text(1, "key"), ProtobufTests.message(2, [1, 2, 0xFF]))
    let body = ProtobufTests.envelope("v1", "Secret", ProtobufTests.metadata("s"), data, ProtobufTests.text(3, "Opaque"))
    let tree = try Schema.shared.decodeProtobuf(body)
    #expect(
      tree == ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["key": "AQL/"], "type": "Opaque"])
  }

  @Test("a Deployment keeps zeros that mean something, and finds fields of messages that JSON does not show")
  func deployment() throws {
    func text(_ field: UInt64, _ value: String) -> [UInt8] { ProtobufTests.text(field, value) }
    func message(_ field: UInt64, _ parts: [UInt8]...) -> [UInt8] { ProtobufTests.message(field, Array(parts.joined())) }
    let quantity = message(1, text(1, "cpu"), message(2, text(1, "250m")))
    let probe = message(
      11, message(1, message(3, message(1, ProtobufTests.number(1, 1), text(3, "web")))), ProtobufTests.number(2, 0))
    let security = message(15, ProtobufTests.number(4, 0))
    let port = message(6, text(1, ""), ProtobufTests.number(2, 0), ProtobufTests.number(3, 80), text(4, "TCP"))
    let container = message(2, text(1, "main"), text(2, "a:1"), text(5, ""), port, message(8, quantity), probe, security)
    let volume = message(1, text(1, "tmp"), message(2, message(2)))
    let template = message(3, message(1), message(2, volume, container))
    let spec = message(2, ProtobufTests.number(1, 0), template, message(4, text(1, "")), ProtobufTests.number(5, 0))
    let tree = try Schema.shared.decodeProtobuf(
      ProtobufTests.envelope("apps/v1", "Deployment", ProtobufTests.metadata("d"), spec, message(3)))
    #expect(tree[.spec][.replicas] == 0)
    #expect(tree[.spec][.strategy].isNull && tree[.status].isNull && tree[.spec][.minReadySeconds].isNull)
    let pod = tree[.spec][.template][.spec]
    #expect(pod[.volumes] == [["name": "tmp", "emptyDir": [:]]])
    #expect(
      pod[.containers][0] == [
        "name": "main", "image": "a:1", "ports": [["containerPort": 80, "protocol": "TCP"]],
        "resources": ["limits": ["cpu": "250m"]],
        "readinessProbe": ["tcpSocket": ["port": "web"]], "securityContext": ["runAsUser": 0],
      ])
  }

  @Test("times are RFC 3339, with micro-seconds where the type has them")
  func times() throws {
    let moment = ProtobufTests.number(1, 1_790_000_000) + ProtobufTests.number(2, 123_456_000)
    let spec = ProtobufTests.message(2, ProtobufTests.number(2, 15), ProtobufTests.message(3, moment))
    let metadata = ProtobufTests.message(1, ProtobufTests.text(1, "l"), ProtobufTests.message(8, moment))
    let tree = try Schema.shared.decodeProtobuf(ProtobufTests.envelope("coordination.k8s.io/v1", "Lease", metadata, spec))
    #expect(tree[.metadata][.creationTimestamp] == "2026-09-21T14:13:20Z")
    #expect(tree[.spec] == ["leaseDurationSeconds": 15, "acquireTime": "2026-09-21T14:13:20.123456Z"])
  }

  @Test("what is no object in protobuf is a 400 that says why, at every length")
  func damaged() {
    var bench = Bench()
    let whole = ProtobufTests.envelope(
      "v1", "ConfigMap", ProtobufTests.metadata("c"), ProtobufTests.message(2, ProtobufTests.text(1, "k")))
    for count in 0..<whole.count { _ = try? Schema.shared.decodeProtobuf(Array(whole.prefix(count))) }
    let bad: [[UInt8]] = [
      [], [1, 2, 3], [0x6B, 0x38, 0x73, 0], ProtobufTests.envelope("v1", "Nonsense"),
      ProtobufTests.envelope("v1", "ConfigMap", [0x0A, 0x7F]), ProtobufTests.envelope("v1", "ConfigMap", [0x0F]),
      ProtobufTests.envelope("v1", "ConfigMap", [0x08] + [UInt8](repeating: 0xFF, count: 11)),
    ]
    for body in bad {
      let answer = bench.read(bench.request("POST", Bench.configMaps, body, type: ProtobufTests.type))
      #expect(answer.status == 400 && answer.message.contains("protobuf"), "\(answer.message)")
    }
    #expect(bench.read(bench.request("POST", Bench.configMaps, whole, type: "application/cbor")).status == 415)
  }

  @Test("a field of an unknown number is complained of like any unknown field, unless it says nothing")
  func unknownNumber() {
    var bench = Bench()
    func body(_ value: Int64) -> [UInt8] {
      ProtobufTests.envelope("v1", "ConfigMap", ProtobufTests.metadata("c"), ProtobufTests.number(77, value))
    }
    let path = Bench.configMaps + "?fieldValidation=Strict&dryRun=All"
    let answer = bench.read(bench.request("POST", path, body(1), type: ProtobufTests.type))
    #expect(answer.status == 400 && answer.message.contains("#77"), "\(answer.message)")
    #expect(bench.read(bench.request("POST", path, body(0), type: ProtobufTests.type)).status == 201)
  }

  @Test("what is written in protobuf is read again as it was, lists and refusals too")
  func writes() throws {
    var bench = Bench()
    bench.send("POST", "/api/v1/namespaces/default/secrets", ["metadata": ["name": "s"], "data": ["key": "AQL/"]])
    bench.send("POST", ApplyTests.deployments, Bench.deployment("d"))
    bench.send(
      "POST", "/api/v1/namespaces/default/services",
      ["metadata": ["name": "s"], "spec": ["ports": [["port": 80, "targetPort": "web"], ["name": "b", "port": 81]]]])
    bench.send(
      "POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases",
      ["metadata": ["name": "l"], "spec": ["renewTime": "2026-01-31T12:00:00.123456Z"]])
    let container: JSON = [
      "name": "c", "image": "a:1", "env": [["name": "E", "value": ""]], "securityContext": ["runAsUser": 0],
      "resources": ["requests": ["cpu": "250m"]], "livenessProbe": ["tcpSocket": ["port": 80], "initialDelaySeconds": 3],
    ]
    bench.send(
      "POST", Bench.pods,
      ["metadata": ["name": "p"], "spec": ["containers": [container], "volumes": [["name": "v", "emptyDir": [:]]]]])
    for path in [
      "/api/v1/namespaces/default/secrets/s", ApplyTests.deployments + "/d", "/api/v1/namespaces/default/services/s",
      Bench.pods + "/p",
      "/apis/coordination.k8s.io/v1/namespaces/default/leases/l", Bench.configMaps + "/none",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles", "/api/v1/namespaces", "/api/v1/namespaces/default/events",
    ] {
      let tree = bench.get(path).body
      let bytes = try #require(Schema.shared.encodeProtobuf(tree), "\(path)")
      let again = try Schema.shared.decodeProtobuf(bytes)
      #expect(Self.told(again) == Self.told(tree), "\(path): \(again)")
    }
    #expect(Schema.shared.encodeProtobuf(["apiVersion": "meta.k8s.io/v1", "kind": "Table"]) == nil)
  }

  /// Without what the binary form cannot tell from nothing, its members in order of their names.
  private static func told(_ tree: JSON) -> JSON {
    switch tree {
    case .array(let elements): .array(elements.map(told))
    case .object(let members):
      .object(
        members.map { Member(key: $0.key, value: told($0.value)) }.filter { !$0.value.isZero && !$0.value.isNull }
          .sorted { $0.key.name < $1.key.name })
    default: tree
    }
  }

  @Test("DeleteOptions and token requests come in protobuf too")
  func options() {
    var bench = Bench()
    bench.send("POST", Bench.configMaps, Bench.configMap("a"))
    let uid = ProtobufTests.message(2, ProtobufTests.text(1, "another"))
    let body = ProtobufTests.envelope("v1", "DeleteOptions", uid)
    #expect(bench.read(bench.request("DELETE", Bench.configMaps + "/a", body, type: ProtobufTests.type)).status == 409)
    let token = ProtobufTests.envelope(
      "authentication.k8s.io/v1", "TokenRequest", ProtobufTests.message(2, ProtobufTests.number(4, 900)))
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    let answer = bench.read(bench.request("POST", path, token, type: ProtobufTests.type))
    #expect(answer.status == 201 && answer.body[.spec]["expirationSeconds"] == 900)
  }
}
