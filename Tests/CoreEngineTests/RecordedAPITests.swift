import CoreAPI
import CoreControllers
import CoreObjects
import EdgeClient
import Foundation
import Testing

/// Requests in order, with the answers that a server of Kubernetes v1.36.2 gave, played without a socket.
@Suite("Recorded API answers")
struct RecordedAPITests {
  /// Steps that are answered differently, each with the reason. Whoever mends one takes it out here.
  private static let exceptions: [String: String] = [:]

  private static let steps: [JSON] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Recordings/api.json")
    return ((try? JSONParser.parse(Array(Data(contentsOf: file)))) ?? .null)["steps"].elements
  }()

  @Test("each request is answered as in the recording, apart from those of which a reason is told")
  func followsRecording() throws {
    var player = RecordingPlayer()
    var (counted, whole, causes, codes) = (0, 0, 0, 0)
    var differing: [String: String] = [:]
    for step in Self.steps {
      let mine = player.play(step)
      let theirs = step["answer"]
      if theirs.isNull { continue }
      counted += 1
      let sameCode = mine["code"] == theirs["code"]
      codes += sameCode ? 1 : 0
      let sameCauses = ["reason", "causes"].allSatisfy { mine["status"][Key($0)] == theirs["status"][Key($0)] }
      causes += sameCode && sameCauses ? 1 : 0
      let differences = RecordingPlayer.differences(theirs, mine)
      whole += differences.isEmpty ? 1 : 0
      if !differences.isEmpty { differing[step[.name].string ?? ""] = differences.prefix(6).joined(separator: "\n  ") }
    }
    print("\(counted) steps: status code agrees in \(codes), reason and causes in \(causes), whole answer in \(whole)")
    for (name, text) in differing.sorted(by: { $0.key < $1.key }) where Self.exceptions[name] == nil {
      Issue.record("\(name)\n  \(text)")
    }
    for name in Self.exceptions.keys.sorted() where differing[name] == nil {
      Issue.record("\(name) agrees now: it is no exception any more")
    }
    #expect(counted == 234)
  }
}

/// Plays steps against an engine without nodes, scheduler and storage class, and brings its answers into the recording's form.
private struct RecordingPlayer {
  /// Differs from one cluster to the next.
  private static let dropped: Set<String> = [
    "uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink", "generation", "lastTransitionTime",
    "lastUpdateTime", "deletionTimestamp", "startTime", "lastScaleTime", "completionTime", "ownerReferences",
    "expirationTimestamp", "token", "remainingItemCount", "continue", "lastProbeTime", "time", "message",
  ]

  private var bench: EngineBench
  private var saved: [String: String] = [:]

  init() {
    let others = Controllers.all(certificateAuthority: "ca", zone: { _ in nil }).filter {
      !($0 is Scheduler) && !($0 is VolumeBinder)
    }
    bench = EngineBench(node: false, controllers: others)
    bench.send("DELETE", "/apis/storage.k8s.io/v1/storageclasses/standard")
  }

  mutating func play(_ step: JSON) -> JSON {
    if let seconds = step["settle"].int { bench.run(seconds: Int64(seconds)) }
    var path = step["path"].string ?? ""
    for (name, value) in saved {
      path = path.replacing("{\(name)}", with: value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }
    let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
    var request = APIRequest(
      method: step["method"].string ?? "", path: parts[0], query: parts.count > 1 ? parts[1] : "",
      contentType: step["ct"] == "application/yaml" ? "application/json" : step["ct"].string ?? "application/json",
      accept: step["accept"].string ?? "application/json",
      userAgent: "python-requests/2.32.3", body: Self.bytes(of: step), credential: EngineBench.admin)
    if let user = step["user"].string { request.impersonation = Caller(name: user, groups: []) }
    if step["headers"].isObject { request.credential = .invalid("the token is none") }
    let id = bench.open(request)
    if let feed = bench.initial[id] {
      bench.run(seconds: 1)
      return ["code": 200, "events": Self.events(feed)]
    }
    guard let answer = bench.answers[id] else { return ["code": 0] }
    for member in step["save"].members {
      let path = (member.value.string ?? "").split(separator: ".").map { Key(String($0)) }
      saved[member.key.name] = path.reduce(answer.body) { $0[$1] }.string
    }
    return Self.record(answer, step)
  }

  /// Bodies in YAML are JSON before they come to the core.
  private static func bytes(of step: JSON) -> [UInt8] {
    guard let text = step["body"].string else { return step["body"].isNull ? [] : step["body"].encoded() }
    guard step["ct"] == "application/yaml" else { return Array(text.utf8) }
    return (try? YAMLReader.documents(text))?.first?.encoded() ?? []
  }

  private static func record(_ answer: EngineBench.Answer, _ step: JSON) -> JSON {
    var record: JSON = ["code": .int(Int64(answer.status))]
    let warnings = answer.headers.filter { $0.name == "Warning" }.count
    if warnings > 0 { record.put("warnings", .int(Int64(warnings))) }
    let body = answer.body
    if body[.kind] == "Status" {
      let details = body["details"]
      let causes = Set(
        details["causes"].elements.map {
          JSON.array([.string($0["reason"].string ?? ""), .string($0["field"].string ?? "")]).description
        })
      let named = details.members.filter { ["name", "group", "kind"].contains($0.key.name) }
      record.put(
        "status",
        .object([
          Member(key: "reason", value: body["reason"]),
          Member(key: "causes", value: .array(causes.sorted().map { (try? JSONParser.parse($0)) ?? .null })),
          Member(key: "details", value: .object(named)),
        ]))
    } else if step["discovery"] == true {
      let resources = body["resources"].elements.map { resource in
        Member(
          key: Key(resource[.name].string ?? ""),
          value: [
            resource[.kind], resource["namespaced"], sorted(resource["verbs"]), sorted(resource["shortNames"]),
            sorted(resource["categories"]),
          ])
      }
      record.put("resources", .object(resources))
    } else if step["paths"] == true || step["shape"] == true {
      record.put("keys", .array(body.members.map(\.key.name).sorted().map { .string($0) }))
    } else if body[.kind] == "Table" {
      let columns = body["columnDefinitions"].elements.map { JSON.array([$0["name"], $0["type"], $0["format"], $0["priority"]]) }
      let rows = body["rows"].elements.map { JSON.array($0["cells"].elements.map(cell)) }
      record.put("table", ["columns": .array(columns), "rows": .array(rows)])
    } else if body.isObject {
      record.put("object", plain(body, keepsManaged: step["keepManaged"] == true))
    } else {
      record.put("text", .string(String(decoding: answer.bytes.prefix(200), as: UTF8.self)))
    }
    return record
  }

  private static func sorted(_ list: JSON) -> JSON { .array(list.elements.compactMap(\.string).sorted().map { .string($0) }) }

  private static func cell(_ cell: JSON) -> JSON {
    guard let text = cell.string, let last = text.last, "smhd".contains(last), Int(text.dropLast()) != nil else {
      return plain(cell)
    }
    return "AGE"
  }

  private static func events(_ lines: [[UInt8]]) -> JSON {
    let events = lines.map { line in
      let tree = (try? JSONParser.parse(line)) ?? .null
      let metadata = tree[.object][.metadata]
      return JSON.array([
        tree["type"], tree[.object][.kind], .string(metadata[.name].string ?? ""),
        .array(metadata[.annotations].members.map(\.key.name).sorted().map { .string($0) }),
      ])
    }
    return .array(events.sorted { $0.description < $1.description })
  }

  private static func plain(_ tree: JSON, keepsManaged: Bool = false, under key: String = "") -> JSON {
    switch tree {
    case .object(let members):
      return .object(
        members.filter { !dropped.contains($0.key.name) || (keepsManaged && $0.key.name == "managedFields") }.map {
          Member(key: $0.key, value: plain($0.value, keepsManaged: keepsManaged, under: $0.key.name))
        })
    case .raw(let bytes): return plain((try? JSONParser.parse(bytes)) ?? .null, keepsManaged: keepsManaged, under: key)
    case .array(let elements):
      let list = elements.map { plain($0, keepsManaged: keepsManaged, under: key) }
      guard ["nonResourceRules", "resourceRules", "nonResourceURLs"].contains(key) else { return .array(list) }
      return .array(list.sorted { $0.description < $1.description })
    case .string(let text):
      let masked = text.replacing(/\b(kube-api-access|gen|app)-([a-z0-9]{5}|[a-f0-9]{8,10})\b/) { "\($0.output.1)-*" }
      return .string(masked.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "*"))
    default: return tree
    }
  }

  /// One line for each place where two trees are not the same.
  static func differences(_ wanted: JSON, _ found: JSON, _ path: String = "") -> [String] {
    func brief(_ tree: JSON) -> String { String(tree.description.prefix(100)) }
    switch (wanted, found) {
    // What a parser keeps as it came.
    case (.raw(let bytes), _): return differences((try? JSONParser.parse(bytes)) ?? .null, found, path)
    case (.object(let left), .object(let right)):
      let names = Set((left + right).map(\.key.name)).sorted()
      return names.flatMap { name -> [String] in
        let (before, after) = (left.first { $0.key.name == name }, right.first { $0.key.name == name })
        guard let before else { return ["\(path).\(name): \(brief(after!.value)) is too much"] }
        guard let after else { return ["\(path).\(name): \(brief(before.value)) is missing"] }
        return differences(before.value, after.value, path + "." + name)
      }
    case (.array(let left), .array(let right)) where left.count == right.count:
      return zip(left, right).enumerated().flatMap { differences($1.0, $1.1, "\(path)[\($0)]") }
    default: return wanted == found ? [] : ["\(path): \(brief(found)) instead of \(brief(wanted))"]
    }
  }
}
