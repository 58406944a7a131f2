import EdgeLinux
import Foundation
import Glibc
import TestMachine
import Testing

/// A cluster of the program that is tested, as its user has one, in a folder of its own.
final class LocalCluster: Sendable {
  private static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"

  let folder: String
  let data: String

  /// - Parameter name: of its data directory, perhaps with others above it
  init(data name: String = "data") throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    data = folder + "/" + name
    try FileManager.default.createDirectory(atPath: folder + "/flags", withIntermediateDirectories: true)
  }

  deinit {
    // Of a test that has failed.
    if FileManager.default.fileExists(atPath: data + "/wavetank.pid") {
      _ = try? Program.runHere(Self.wavetank, ["down", "--data-dir", data])
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  func run(_ words: [String]) async throws -> Program.Outcome {
    try await Program.run(Self.wavetank, words + ["--data-dir", data], environment: ["HOME": folder])
  }

  @discardableResult
  func wavetank(_ words: String...) async throws -> String {
    let outcome = try await run(words)
    #expect(outcome.status == 0, "\(words): \(outcome)")
    return outcome.output + outcome.errors
  }

  @discardableResult
  func up(_ options: String...) async throws -> String {
    let outcome = try await run(["up", "--detach", "--port", "0", "--isolated"] + options)
    #expect(outcome.status == 0, "up \(options): \(outcome)")
    return outcome.output + outcome.errors
  }

  /// A program that runs beside the test.
  /// - Parameter words: what starts it
  func start(_ line: [String], by words: [String] = []) throws -> Program {
    let all = words + [Self.wavetank] + line + ["--data-dir", data]
    return try Program(all[0], Array(all.dropFirst()), environment: ["HOME": folder])
  }

  func startKubectl(_ line: String) throws -> Program { try Program(Kubectl.newest, kubectlWords(line)) }

  private func kubectlWords(_ line: String) -> [String] {
    ["--kubeconfig", data + "/kubeconfig"] + line.split(separator: " ").map(String.init)
  }

  @discardableResult
  func kubectl(_ line: String) async throws -> String {
    let outcome = try await Program.run(Kubectl.newest, kubectlWords(line))
    #expect(outcome.status == 0, "\(line): \(outcome)")
    return outcome.output
  }

  func apply(_ manifests: String) async throws {
    try manifests.write(toFile: folder + "/pods.yaml", atomically: true, encoding: .utf8)
    try await kubectl("apply -f \(folder)/pods.yaml")
  }

  /// One field of a pod, by its JSONPath.
  func field(_ pod: String, _ path: String) async throws -> String { try await kubectl("get pod \(pod) -o jsonpath={\(path)}") }

  /// The process that a file of the data directory names.
  func process(_ file: String) throws -> ChildProcess {
    let text = try String(contentsOfFile: data + "/" + file, encoding: .utf8)
    return try ChildProcess(adopting: try #require(Int32(text.prefix { $0.isNumber })))
  }

  var shim: ChildProcess { get throws { try process("run/shim.pid") } }

  /// SIGKILL, and no word more.
  func kill(_ process: ChildProcess) {
    process.send(SIGKILL)
    #expect(process.hasEnded(within: 10_000))
  }

  func killDaemon() throws { kill(try process("wavetank.pid")) }

  /// The name of its control groups: to be asked while it runs.
  var group: String {
    get throws {
      let groups = try String(contentsOfFile: "/proc/\(try shim.pid)/cgroup", encoding: .utf8)
      return try #require(
        groups.split(whereSeparator: { "/\n:".contains($0) }).first { $0.hasPrefix("wavetank-") }.map(String.init))
    }
  }

  /// What there is of it on the machine: control groups, mounts, processes that write into its directory, what it runs with.
  func traces(group: String) throws -> [String] {
    let files = FileManager.default
    var found = files.fileExists(atPath: data + "/run") ? ["run"] : []
    for hierarchy in [""] + (try files.contentsOfDirectory(atPath: "/sys/fs/cgroup")) {
      let place = "/sys/fs/cgroup/\(hierarchy)/\(group)"
      if files.fileExists(atPath: place) { found.append(place) }
    }
    for name in try files.contentsOfDirectory(atPath: "/proc") where Int(name) != nil {
      let target = (try? files.destinationOfSymbolicLink(atPath: "/proc/\(name)/fd/2")) ?? ""
      let mounts = (try? String(contentsOfFile: "/proc/\(name)/mountinfo", encoding: .utf8)) ?? ""
      if target.hasPrefix(data) || mounts.contains(data) { found.append("process \(name)") }
    }
    return found
  }

  /// Waits until something holds.
  func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("never: \(what)")
  }
}
