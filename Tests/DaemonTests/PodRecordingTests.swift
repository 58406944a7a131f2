import CoreObjects
import Daemon
import EdgeHTTP
import Foundation
import TestMachine
import Testing

/// Pods recorded from a kubelet 1.36.2 with containerd and crun: what the API told of each once it had come to rest, without times,
/// addresses and identifiers. Conditions that are True for no reason are left out.
///
/// The volume in memory of `emptydir-mem` is told as what it is, a tmpfs: where it was recorded, the runtime did not see kubelet's
/// mounts.
@Suite(
  "Pods recorded from kubelet 1.36.2", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct PodRecordingTests {
  private static let image = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"
  private static let namespace = "recorded"
  private static let path = "/api/v1/namespaces/\(namespace)"

  private static let recordings: JSON = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Recordings/pods.json")
    return (try? JSONParser.parse(Array(Data(contentsOf: file)))) ?? .null
  }()

  @Test("each is told of here as it was there")
  func lives() async throws {
    let test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 1
    }
    _ = try test.cluster.perform(.packTools(name: Self.image))
    await post("/api/v1/namespaces", ["metadata": ["name": .string(Self.namespace)]], test)
    try await wait(
      for: "the account", { await get(Self.path + "/serviceaccounts/default", test) }, until: { !$0[.metadata].isNull })
    for recording in Self.recordings.members {
      let metadata: JSON = ["name": .string(recording.key.name), "labels": ["n": "x"]]
      await post(Self.path + "/pods", ["metadata": metadata, "spec": Self.spec(recording.value[.spec])], test)
    }
    // Between two tries of a container that keeps failing a pod passes by what was recorded: it is enough to see it once.
    var left = Dictionary(uniqueKeysWithValues: Self.recordings.members.map { ($0.key.name, $0.value[Key("told")]) })
    let limit = ContinuousClock.now + .seconds(90)
    while !left.isEmpty {
      let told = try await told(left.keys.sorted(), test)
      let isLate = ContinuousClock.now > limit
      for (name, expected) in left where told[name] == expected || isLate {
        if isLate { Issue.record("\(name): \(told[name]?.text ?? "nothing") instead of \(expected.text)") }
        left[name] = nil
      }
      try await Task.sleep(for: .milliseconds(300))
    }
    let count = Self.recordings.members.count
    print("\(count) of \(count) recorded pods live as on a real kubelet")
    await test.stop()
  }

  /// What the recordings leave out because all have it.
  private static func spec(_ spec: JSON) -> JSON {
    var spec = spec
    spec.put(.terminationGracePeriodSeconds, 2)
    for list in [Key.containers, .initContainers] where !spec[list].isNull {
      let containers = spec[list].elements.map { container in
        var container = container
        if container[.image].isNull { container.put(.image, .string(image)) }
        if container[.imagePullPolicy].isNull { container.put(.imagePullPolicy, "IfNotPresent") }
        if let script = container.take(Key("script")).string { container.put(.command, ["sh", "-c", .string(script)]) }
        return container
      }
      spec.put(list, .array(containers))
    }
    return spec
  }

  // MARK: What the API tells

  private func get(_ path: String, _ test: TestCluster) async -> JSON {
    let bytes: [UInt8] =
      switch await test.cluster.answer(.get, path).body {
      case .bytes(let bytes): bytes
      case .chunks(let chunks): Array(chunks.joined())
      default: []
      }
    return (try? JSONParser.parse(bytes)) ?? .null
  }

  private func post(_ path: String, _ tree: JSON, _ test: TestCluster) async {
    let answer = await test.cluster.answer(.post, path, body: tree.encoded())
    #expect(answer.status == 201, "\(tree.text)")
  }

  private func told(_ names: [String], _ test: TestCluster) async throws -> [String: JSON] {
    let pods = await get(Self.path + "/pods", test)[.items].elements
    let events = await get(Self.path + "/events", test)[.items].elements
    let table = try await test.kubectl(["get", "pods", "-n", Self.namespace, "--no-headers"]).output.split(separator: "\n")
    var all: [String: JSON] = [:]
    for pod in pods {
      guard let name = pod[.metadata][.name].string, names.contains(name) else { continue }
      let row = table.first { $0.hasPrefix(name + " ") }?.split(separator: " ") ?? []
      let status = pod[.status]
      let isGoing = ["Running", "Pending"].contains(status[.phase].string)
      all[name] = [
        "phase": status[.phase], "qos": status[.qosClass], "ready": .string(row.count > 2 ? String(row[1]) : ""),
        "status": .string(row.count > 2 ? Self.word(String(row[2]), isGoing) : ""), "conditions": Self.conditions(status),
        "events": .array(Self.events(events, of: name)),
        "containers": .array(
          (status[.initContainerStatuses].elements + status[.containerStatuses].elements).map(Self.container)),
        "log": .string(await log(name, test)),
      ]
    }
    return all
  }

  /// While a container is tried again and again, the moment decides which of its reasons is seen.
  private static func word(_ status: String, _ isGoing: Bool) -> String {
    let ends = ["CrashLoopBackOff", "RunContainerError", "StartError", "Error", "Completed"]
    guard isGoing, let end = ends.first(where: status.hasSuffix) else { return status }
    return status.dropLast(end.count) + "failing or ended"
  }

  private static func conditions(_ status: JSON) -> JSON {
    let all = status[.conditions].elements.map { condition in
      let words = [condition[.status].string, condition[.reason].string].compactMap { $0 }.joined(separator: " ")
      return Member(key: Key(condition[.type].string ?? ""), value: .string(words))
    }
    return .object(all.filter { !$0.value.isText("True") }.sorted { $0.key.name < $1.key.name })
  }

  private static func events(_ all: [JSON], of pod: String) -> [JSON] {
    let texts = all.filter { $0[.involvedObject][.name].isText(pod) }.map {
      "\($0[.type].string ?? "") \($0[.reason].string ?? "")"
    }
    return Set(texts).sorted().map { .string($0) }
  }

  private static func container(_ status: JSON) -> JSON {
    let (state, last) = (text(status[.state]), text(status[.lastState]))
    let isFailing =
      !last.isEmpty && (state == "waiting CrashLoopBackOff" || state == "waiting RunContainerError" || state == last)
    let told = [Key.allocatedResources, .resources].filter { !status[$0].isNull }.map { JSON.string($0.name) }
    func flag(_ isSet: Bool) -> JSON { isSet ? true : .null }
    return
      ([
        "name": status[.name], "state": .string(isFailing ? "failing again and again" : state),
        "last": last.isEmpty ? .null : .string(last), "restarted": flag((status[.restartCount].int ?? 0) > 0),
        "ready": flag(!isFailing && status[.ready].bool == true), "started": flag(!isFailing && status[.started].bool == true),
        "made": flag(!status[.containerID].isNull), "tells": told.isEmpty ? .null : .array(told),
      ] as JSON).withoutNulls
  }

  private static func text(_ state: JSON) -> String {
    guard let member = state.members.first else { return "" }
    let isStartError = member.value[.reason].isText("StartError")
    let message =
      member.key.name == "terminated" && !isStartError ? member.value[.message].string.map { JSON.string($0).text } : nil
    return [member.key.name, member.value[.reason].string, member.value[.exitCode].int.map(String.init), message].compactMap {
      $0
    }
    .joined(separator: " ")
  }

  private func log(_ name: String, _ test: TestCluster) async -> String {
    let answer = await test.cluster.answer(.get, "\(Self.path)/pods/\(name)/log", query: "container=main")
    guard answer.status == 200 else { return "\(answer.status)" }
    var bytes: [UInt8] = []
    if case .stream(let stream) = answer.body { while let more = await stream.read() { bytes += more } }
    return String(decoding: bytes, as: UTF8.self).replacing(Self.namespace, with: "NS").replacing(
      /\d+\.\d+\.\d+\.\d+/, with: "IP")
  }
}

extension JSON {
  fileprivate var text: String { String(decoding: encoded(), as: UTF8.self) }
}
