import CSQLite
import Daemon
import EdgeHTTP
import EdgeLinux
import Foundation
import TestMachine
import Testing

@Suite("A cluster that cannot start says why, and leaves nothing behind", .timeLimit(.minutes(1)))
struct StartTests {
  /// What starting on the directory is refused with.
  private func refusal(_ directory: String, _ change: (inout ClusterConfiguration) -> Void = { _ in }) async throws -> String {
    let error = await #expect(throws: ClusterError.self) { try await TestCluster(directory, change: change) }
    return try #require(error).description
  }

  @Test("a data directory that a cluster uses is refused with the process that uses it and what to do")
  func directoryInUse() async throws {
    let first = try await TestCluster()
    let message = try await refusal(first.directory)
    for words in [first.directory, "in use by process \(getpid())", "wavetank down", "--data-dir"] {
      #expect(message.contains(words), "\(message)")
    }
    await first.stop()
  }

  @Test("a data directory of another layout is refused with both layouts, and stays as it is")
  func otherVersion() async throws {
    let first = try await TestCluster()
    await first.cluster.stop()
    sql("PRAGMA user_version=7", first.directory)
    let before = try Data(contentsOf: URL(fileURLWithPath: first.directory + "/objects.db"))
    let message = try await refusal(first.directory)
    #expect(message.contains("has layout 7, this program reads layout 1"), "\(message)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: first.directory + "/objects.db")) == before)
    sql("PRAGMA user_version=1", first.directory)
    try await TestCluster(first.directory).stop()
  }

  @Test("objects that an earlier version stored are brought up to date once, at their revisions")
  func earlierForm() async throws {
    let first = try await TestCluster()
    let manifest = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"1"}}"#
    try manifest.write(toFile: first.directory + "/m.json", atomically: true, encoding: .utf8)
    #expect(try await first.kubectl(["create", "-f", first.directory + "/m.json"]).status == 0)
    let revision = try await first.kubectl(["get", "cm", "m", "-o", "jsonpath={.metadata.resourceVersion}"]).output
    await first.cluster.stop()
    // As version 0.1.0 left it.
    sql(
      """
      DELETE FROM metadata WHERE name='stored.form';
      UPDATE object SET bytes=CAST(replace(CAST(bytes AS TEXT), '"data":', '"binaryData":{},"data":') AS BLOB) WHERE name='m'
      """, first.directory)
    let second = try await TestCluster(first.directory)
    let raw = try await second.kubectl(["get", "--raw", "/api/v1/namespaces/default/configmaps/m"]).output
    #expect(raw.contains(#""data""#) && !raw.contains("binaryData"), "\(raw)")
    #expect(raw.contains("\"resourceVersion\":\"\(revision)\""), "\(raw)")
    await second.cluster.stop()
    try await TestCluster(first.directory).stop()
  }

  @Test("an object of the journal that cannot be read is named, and the cluster does not start without it")
  func damagedObject() async throws {
    let first = try await TestCluster()
    await first.cluster.stop()
    sql(
      "CREATE TABLE kept AS SELECT * FROM object; UPDATE object SET bytes=x'7b22' WHERE name='default' AND resource='namespaces'",
      first.directory)
    let message = try await refusal(first.directory)
    #expect(message.contains("namespaces /default") && message.contains("--data-dir"), "\(message)")
    sql("DELETE FROM object; INSERT INTO object SELECT * FROM kept; DROP TABLE kept", first.directory)
    try await TestCluster(first.directory).stop()
  }

  @Test("a port in use is refused by its address; the data directory is free for the next start")
  func portInUse() async throws {
    let first = try await TestCluster()
    let directory = try temporaryDirectory()
    let port = first.cluster.address.port
    let message = try await refusal(directory) { $0.port = port }
    #expect(message.contains("127.0.0.1:\(port)") && message.contains("the port is in use"), "\(message)")
    try await TestCluster(directory).stop()
    await first.stop()
  }

  @Test("a kubeconfig that cannot be written is refused by its path; port and data directory are free again")
  func kubeconfig() async throws {
    let first = try await TestCluster()
    let port = first.cluster.address.port
    await first.cluster.stop()
    let path = first.directory + "/missing/kubeconfig"
    let message = try await refusal(first.directory) {
      $0.kubeconfig = path
      $0.port = port
    }
    #expect(message.contains(path) && message.contains("No such file or directory"), "\(message)")
    try await TestCluster(first.directory) { $0.port = port }.stop()
  }

  @Test("a data directory that is a file is refused with the kernel's reason")
  func noDirectory() async throws {
    let message = try await refusal("/dev/null/data")
    #expect(message.contains("/dev/null/data") && message.contains("Not a directory"), "\(message)")
  }
}

/// The program itself, as a user runs it.
@Suite("wavetank up", .timeLimit(.minutes(1)))
struct UpTests {
  static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"

  static func up(_ directory: String, port: String = "0") throws -> Program {
    try Program(wavetank, ["up", "--without-containers", "--port", port, "--data-dir", directory])
  }

  @Test(
    "down takes away what a killed cluster has left, once",
    .enabled(if: Requirement.met(.root, .crun), "needs root and crun"))
  func leftovers() async throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cluster = try Program(UpTests.wavetank, ["up", "--isolated", "--port", "0", "--data-dir", directory])
    try await cluster.waitForOutput("export KUBECONFIG")
    cluster.kill()
    #expect(try await cluster.outcome().status == 128 + SIGKILL)
    #expect(FileManager.default.fileExists(atPath: directory + "/run"))
    let down = { try await Program.run(UpTests.wavetank, ["down", "--data-dir", directory]).output }
    // One that is starting has the directory's lock already, and its process file not yet.
    let starting = try Program("/usr/bin/flock", ["--no-fork", directory + "/lock", "sleep", "1000"])
    try await wait(for: "the lock", { (try? DirectoryLock(directory)) == nil }, until: { $0 })
    #expect(try await down().hasPrefix("No cluster is running"))
    starting.kill()
    _ = try await starting.outcome()
    #expect(try await down().hasPrefix("The cluster had ended by itself or by force; what it left behind is gone."))
    #expect(!FileManager.default.fileExists(atPath: directory + "/run"))
    #expect(try await down().hasPrefix("No cluster is running"))
  }

  @Test("what was answered is there after kill -9", .enabled(if: Requirement.met(.kubectl), "needs kubectl"))
  func kill() async throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try UpTests.up(directory)
    try await first.waitForOutput("export KUBECONFIG")
    let made = try await kubectl(["create", "-f", try configMap("kept", directory)], directory: directory)
    let revision = try await kubectl(
      ["get", "configmap", "kept", "-o", "jsonpath={.metadata.resourceVersion}"], directory: directory)
    first.kill()
    #expect(made.status == 0, "\(made.errors)")
    #expect(try await first.outcome().status == 128 + SIGKILL)

    let second = try UpTests.up(directory)
    try await second.waitForOutput("export KUBECONFIG")
    let read = try await kubectl(
      ["get", "configmap", "kept", "-o", "jsonpath={.data.a} {.metadata.resourceVersion}"], directory: directory)
    let more = try await kubectl(
      ["create", "-f", try configMap("later", directory), "-o", "jsonpath={.metadata.resourceVersion}"], directory: directory)
    second.kill(SIGTERM)
    #expect(read.output == "b \(revision.output)", "\(read.errors)")
    #expect(try #require(Int(more.output)) > #require(Int(revision.output)), "\(more.errors)")
    #expect(try await second.outcome().status == 0)
  }

  @Test("a second one on the same data directory ends with an error and does no harm to the first")
  func twice() async throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try UpTests.up(directory)
    try await first.waitForOutput("export KUBECONFIG")
    let second = try await UpTests.up(directory).outcome()
    #expect(second.status != 0)
    #expect(second.errors.contains("is in use by process"), "\(second)")
    first.kill(SIGTERM)
    #expect(try await first.outcome().status == 0)
  }

  private static func wavetank(_ arguments: String...) async throws -> Program.Outcome {
    try await Program.run(wavetank, arguments)
  }

  @Test("a second one in the background says why it cannot start, and the first can still be stopped")
  func twiceInTheBackground() async throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let up = ["up", "--without-containers", "--port", "0", "--data-dir", directory, "--detach"]
    let kubeconfig = directory + "/of-my-own"
    let first = try await Program.run(Self.wavetank, up + ["--kubeconfig", kubeconfig])
    #expect(first.status == 0 && first.output == "export KUBECONFIG=\(kubeconfig)\n", "\(first)")
    #expect(FileManager.default.fileExists(atPath: kubeconfig))
    let log = try String(contentsOfFile: directory + "/wavetank.log", encoding: .utf8)
    let second = try await Program.run(Self.wavetank, up)
    #expect(second.status == 3 && second.errors.contains("is in use by process"), "\(second)")
    #expect(try String(contentsOfFile: directory + "/wavetank.log", encoding: .utf8).hasPrefix(log))
    let down = try await Self.wavetank("down", "--data-dir", directory)
    #expect(down.status == 0 && down.output.contains("The cluster is down"), "\(down)")
    let again = try await Self.wavetank("down", "--data-dir", directory)
    #expect(again.output.contains("No cluster is running"), "\(again)")
  }

  @Test("a number out of range is refused before anything is started, in the background as well")
  func range() async throws {
    let directory = NSTemporaryDirectory() + "never-" + UUID().uuidString
    let outcome = try await Self.wavetank("up", "--detach", "--port", "99999", "--data-dir", directory)
    #expect(outcome.status == 2 && outcome.errors.contains("--port wants a number from 0 to 65535, not '99999'"), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: directory))
  }

  @Test("--help after a command tells the commands and does nothing", arguments: ["--help", "-h"])
  func help(_ word: String) async throws {
    let directory = NSTemporaryDirectory() + "never-" + UUID().uuidString
    let outcome = try await Self.wavetank("up", "--data-dir", directory, word)
    #expect(outcome.status == 0 && outcome.output.contains("wavetank up [--nodes N]") && outcome.errors.isEmpty, "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: directory))
  }
}

private func sql(_ statement: String, _ directory: String) {
  var handle: OpaquePointer?
  #expect(sqlite3_open(directory + "/objects.db", &handle) == SQLITE_OK)
  #expect(sqlite3_exec(handle, statement, nil, nil, nil) == SQLITE_OK)
  sqlite3_close(handle)
}
