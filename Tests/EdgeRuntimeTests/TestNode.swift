import CoreObjects
import EdgeAgent
import EdgeImages
import EdgeLinux
import EdgeRuntime
import Foundation
import Glibc
import Synchronization
import TestMachine
import Testing

@testable import CoreNode

/// A node with real containers, in a directory of its own.
final class TestNode: Sendable {
  static let name = "node"
  static let image = "busybox:test"

  static let isPossible = Requirement.met(.root, .crun, .busybox)

  let directory: String
  let cluster: String
  let agent: NodeAgent
  let observations: Observations
  let imageID: String

  init(speed: Double = 1, reusing earlier: String? = nil, podProcessLimit: Int? = nil) async throws {
    let suffix = UUID().uuidString.prefix(8).lowercased()
    cluster = earlier ?? "test-\(suffix)"
    directory = NSTemporaryDirectory() + "wavetank-\(cluster)"
    let observations = Observations()
    self.observations = observations
    let images = try ImageStore(directory: directory + "/images")
    var recipe = ImageRecipe(name: TestNode.image)
    try recipe.addBusybox()
    try recipe.addSurroundings()
    recipe.environment = ["FROM_IMAGE=yes", "BOTH=image"]
    recipe.command = ["/bin/sh", "-c", "echo image command"]
    imageID = try ImagePacker(recipe).pack(into: images, nodes: [TestNode.name]).id
    var configuration = AgentConfiguration(
      clusterID: cluster, nodes: AgentNode.numbered([TestNode.name]), dataDirectory: directory, speed: speed,
      now: { TestNode.wallTime })
    configuration.podProcessLimit = podProcessLimit
    agent = try await NodeAgent(configuration, images: images) { observations.add($0.event) }
  }

  static var wallTime: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  func perform(_ action: NodeAction) { agent.perform(NodeCommand(node: TestNode.name, action: action)) }

  /// Runs `body` with a node of its own, of which nothing is left afterwards.
  static func with(
    speed: Double = 1, podProcessLimit: Int? = nil, _ body: (TestNode) async throws -> Void
  ) async throws {
    let node = try await TestNode(speed: speed, podProcessLimit: podProcessLimit)
    do { try await body(node) } catch {
      await node.close()
      throw error
    }
    await node.close()
  }

  /// Shuts down and deletes the directory.
  func close() async {
    await agent.shutdown()
    try? Files.remove(directory)
  }

  /// Runs a shell script in a container and gives its exit code.
  func exec(_ spec: ContainerSpec, _ script: String) async throws -> Int {
    let session = try await agent.exec(
      containerID: spec.containerID, command: ["/bin/sh", "-c", script], terminal: false, stdin: false)
    return await session.end().code
  }

  /// Starts a pod's sandbox and gives its address.
  @discardableResult
  func startPod(_ uid: String, _ change: (inout SandboxSpec) -> Void = { _ in }) async throws -> String {
    var spec = SandboxSpec(podUID: uid, namespace: "default", name: uid, hostname: uid)
    change(&spec)
    perform(.startSandbox(spec))
    return try await observations.first { event -> String? in
      switch event {
      case .sandboxStarted(uid, let address): address
      case .sandboxFailed(uid, let reason, let message): "\(reason): \(message)"
      default: nil
      }
    }
  }

  /// A pod whose containers share their processes.
  func sharing(_ uid: String) -> SandboxSpec {
    var spec = SandboxSpec(podUID: uid, namespace: "default", name: uid, hostname: uid)
    spec.processes = .ofPod
    return spec
  }

  /// A container that runs a shell script.
  func container(_ pod: String, _ script: String, attempt: Int = 0) -> ContainerSpec {
    let id = (0..<8).map { _ in String(format: "%08x", UInt32.random(in: 0...UInt32.max)) }.joined()
    var spec = ContainerSpec(
      podUID: pod, namespace: "default", podName: pod, name: "main", containerID: id, attempt: attempt, imageID: imageID)
    spec.command = ["/bin/sh", "-c", script]
    return spec
  }

  /// Starts a container and waits until it runs.
  func start(_ spec: ContainerSpec) async throws {
    perform(.startContainer(spec))
    let problem = try await observations.first { event -> String? in
      switch event {
      case .containerStarted(_, spec.containerID, _): ""
      case .containerFailed(_, spec.containerID, let reason, let message): "\(reason): \(message)"
      default: nil
      }
    }
    if !problem.isEmpty { throw Failure(description: problem) }
  }

  func exit(of spec: ContainerSpec) async throws -> ContainerExit {
    try await observations.first { event in
      if case .containerExited(_, spec.containerID, let exit) = event { exit } else { nil }
    }
  }

  /// Runs a container in a pod to its end.
  func run(_ spec: ContainerSpec) async throws -> ContainerExit {
    try await start(spec)
    return try await exit(of: spec)
  }

  /// The log's lines without their times.
  func log(_ spec: ContainerSpec) throws -> [String] {
    try Files.readText(agent.logFile(podUID: spec.podUID, container: spec.name, attempt: spec.attempt)).split(separator: "\n").map
    {
      $0.split(separator: " ", maxSplits: 1).dropFirst().joined()
    }
  }
}

struct Failure: Error, CustomStringConvertible { let description: String }

/// What the node told, in order; those who wait are told of what comes.
final class Observations: Sendable {
  private struct State {
    var events: [NodeEvent] = []
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  func add(_ event: NodeEvent) {
    let waiting = state.withLock { state in
      state.events.append(event)
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.resume() }
  }

  var all: [NodeEvent] { state.withLock { $0.events } }

  /// The first event for which `pick` gives a value, told already or to come.
  func first<Value>(after start: Int = 0, _ pick: (NodeEvent) -> Value?) async throws -> Value {
    var next = start
    while true {
      let events = all
      for event in events[min(next, events.count)...] { if let value = pick(event) { return value } }
      next = events.count
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          if state.events.count == next { state.waiting.append(continuation) }
          return state.events.count != next
        }
        if isLate { continuation.resume() }
      }
    }
  }
}
