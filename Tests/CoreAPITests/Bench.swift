import CoreAPI
import CoreObjects

/// An API server with a cluster's first objects, and short ways to ask it.
struct Bench {
  static let admin = Credential.certificate(commonName: "admin", organizations: ["system:masters"])
  var server: APIServer
  var writer: Writer
  var metrics = MetricsWindow()
  var aggregation: AggregatedGroups
  var now = Instant(seconds: 1_790_000_000)
  var credential = Bench.admin

  struct Answer {
    var status: Int
    var body: JSON
    var bytes: [UInt8]
    var headers: [APIResponse.Header]
    var reason: String { body[.reason].string ?? "" }
    var message: String { body[.message].string ?? "" }
    var warnings: [String] { headers.filter { $0.name == "Warning" }.map(\.value) }
    /// "Required spec.usages": reason and field of all that was refused.
    var causes: [String] {
      body["details"]["causes"].elements.map {
        "\(($0["reason"].string ?? "").dropFirst("FieldValue".count)) \($0["field"].string ?? "")"
      }
    }
    var names: [String] { body[.items].elements.compactMap { $0[.metadata][.name].string } }
  }

  init(resources: [any Resource] = Resources.all) {
    let configuration = APIConfiguration(
      sign: { "signed." + Base64.encode($0.encoded()) },
      verify: { token in
        guard token.hasPrefix("signed."), let bytes = Base64.decode(String(token.dropFirst(7))) else { return nil }
        return try? JSONParser.parse(bytes)
      })
    server = APIServer(resources: resources, configuration: configuration)
    aggregation = server.aggregatedGroups
    writer = server.writer(random: RandomSource(seed: 7))
    writer.bootstrap(at: now)
    send("POST", "/api/v1/namespaces/default/serviceaccounts", ["metadata": ["name": "default"]])
  }

  mutating func request(
    _ method: String, _ path: String, _ body: [UInt8] = [], type: String = "application/json", accept: String = "application/json"
  ) -> APIResponse {
    let parts = path.split(separator: "?", maxSplits: 1)
    let request = APIRequest(
      method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", contentType: type, accept: accept,
      userAgent: "tests/1", body: body, credential: credential)
    return handle(request)
  }

  mutating func handle(_ request: APIRequest) -> APIResponse {
    server.handle(request, &writer, metrics: metrics, aggregation: aggregation, at: now)
  }

  @discardableResult
  mutating func send(
    _ method: String, _ path: String, _ body: JSON? = nil, type: String = "application/json", accept: String = "application/json"
  ) -> Answer {
    read(request(method, path, body?.encoded() ?? [], type: type, accept: accept))
  }

  @discardableResult
  mutating func send(_ method: String, _ path: String, text: String, type: String = "application/json") -> Answer {
    read(request(method, path, Array(text.utf8), type: type))
  }

  func read(_ response: APIResponse) -> Answer {
    guard case .body(let status, _, let chunks, let headers) = response else {
      return Answer(status: 0, body: .null, bytes: [], headers: [])
    }
    let bytes = chunks.flatMap { $0 }
    return Answer(status: status, body: (try? JSONParser.parse(bytes)) ?? .null, bytes: bytes, headers: headers)
  }

  mutating func get(_ path: String, accept: String = "application/json") -> Answer { send("GET", path, accept: accept) }

  /// A watch's events, as (type, object): those at once and those of the changes since.
  mutating func watch(_ path: String) -> WatchRequest? {
    guard case .watch(let watch, _) = request("GET", path) else { return nil }
    _ = writer.takeChanges()
    return watch
  }

  mutating func events(_ watch: WatchRequest) -> [String] {
    writer.takeChanges().compactMap { change in
      guard change.object.key.resource == watch.resource, let line = watch.event(change, now) else { return nil }
      return Bench.summary(line)
    }
  }

  /// A value ready for a query.
  static func escaped(_ text: String) -> String {
    String(text.flatMap { $0 == "=" ? "%3D" : $0 == "+" ? "%2B" : $0 == "/" ? "%2F" : String($0) })
  }

  /// "ADDED name"
  static func summary(_ line: [UInt8]) -> String {
    let tree = (try? JSONParser.parse(line)) ?? .null
    return "\(tree["type"].string ?? "") \(tree[.object][.metadata][.name].string ?? "")"
  }

  static let configMaps = "/api/v1/namespaces/default/configmaps"
  static let pods = "/api/v1/namespaces/default/pods"

  static func configMap(_ name: String, _ data: JSON = ["a": "1"], labels: JSON = .null) -> JSON {
    var tree: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "data": data]
    if !labels.isNull { tree[.metadata].put(.labels, labels) }
    return tree
  }

  static func pod(_ name: String) -> JSON {
    [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
      "spec": ["containers": [["name": "main", "image": "app:test"]]],
    ]
  }

  static func deployment(_ name: String) -> JSON {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
      "spec": [
        "selector": ["matchLabels": ["app": "x"]],
        "template": ["metadata": ["labels": ["app": "x"]], "spec": ["containers": [["name": "main", "image": "app:test"]]]],
      ],
    ]
  }
}
