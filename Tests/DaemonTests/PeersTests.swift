import Daemon
import Foundation
import TestMachine
import Testing

@Suite(
  "A StatefulSet whose members find each other by name", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: Requirement.met(.root, .crun, .busybox, .kubectl), "needs root, crun, busybox and kubectl"))
struct PeersTests {
  /// A set of lines that only grows, which each member keeps in its volume, shows to the others and asks them for by their names.
  private static let manifest = """
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 8080}]}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: member}
    data:
      run: |
        touch /data/lines
        busybox httpd -p 8080 -h /data
        while :; do
          for peer in db-0 db-1 db-2; do
            if busybox wget -qO /tmp/theirs http://$peer.db:8080/lines; then
              sort -u /data/lines /tmp/theirs > /tmp/all && mv /tmp/all /data/next && mv /data/next /data/lines
            fi
          done
          sleep 0.2
        done
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      replicas: 3
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: member
            image: tools:test
            imagePullPolicy: Never
            command: [sh, /program/run]
            readinessProbe: {httpGet: {path: /lines, port: 8080}, periodSeconds: 1}
            volumeMounts: [{name: data, mountPath: /data}, {name: program, mountPath: /program}]
          volumes: [{name: program, configMap: {name: member}}]
      volumeClaimTemplates:
      - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}
    """

  @Test("three members agree on what each was told, before and after each of them was deleted, and what they had stays")
  func members() async throws {
    let test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 3
    }
    _ = try test.cluster.perform(.packTools(name: "tools:test"))
    func run(_ words: String...) async throws -> String {
      let outcome = try await test.kubectl(words)
      guard outcome.status == 0 else { throw ProgramError(description: "kubectl \(words): \(outcome.output)") }
      return outcome.output
    }
    /// Members take whole files from each other: a line that comes in between might be lost, so it comes in a file of its own.
    func tell(_ member: Int, _ line: String) async throws {
      try await wait(for: "db-\(member) to keep '\(line)'") {
        try await test.kubectl([
          "exec", "db-\(member)", "--", "sh", "-c", "echo \(line) >> /data/lines; sleep 0.5; cat /data/lines",
        ]).output
      } until: {
        $0.contains(line)
      }
    }
    func agree(on lines: [String]) async throws {
      for member in 0..<3 {
        try await wait(for: "db-\(member) to know \(lines)") {
          try await test.kubectl(["exec", "db-\(member)", "--", "cat", "/data/lines"]).output.split(separator: "\n").map(
            String.init)
        } until: {
          $0 == lines.sorted()
        }
      }
    }
    let file = test.directory + "/manifest.yaml"
    try Self.manifest.write(toFile: file, atomically: true, encoding: .utf8)
    _ = try await run("apply", "-f", file)
    _ = try await run("rollout", "status", "statefulset/db", "--timeout=60s")
    var lines: [String] = []
    for member in 0..<3 {
      lines.append("begun-\(member)")
      try await tell(member, "begun-\(member)")
    }
    try await agree(on: lines)
    for member in 0..<3 {
      let before = try await run("get", "pod", "db-\(member)", "-o", "jsonpath={.metadata.uid}")
      _ = try await run("delete", "pod", "db-\(member)", "--wait=false")
      // Its peers go on meanwhile.
      lines.append("without-\(member)")
      try await tell((member + 1) % 3, "without-\(member)")
      try await wait(for: "db-\(member) to be back") {
        try await test.kubectl([
          "get", "pod", "db-\(member)", "-o", "jsonpath={.metadata.uid} {.status.containerStatuses[0].ready}",
        ]).output
      } until: {
        $0.hasSuffix(" true") && !$0.hasPrefix(before)
      }
      try await agree(on: lines)
    }
    await test.stop()
  }
}
