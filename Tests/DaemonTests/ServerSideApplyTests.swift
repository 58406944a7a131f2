import CoreAPI
import CoreObjects
import Foundation
import TestMachine
import Testing

@testable import Daemon

@Suite(
  "Server-side apply with the real kubectl", .timeLimit(.minutes(2)), .enabled(if: Requirement.met(.kubectl), "needs kubectl"))
struct ServerSideApplyTests {
  @Test(
    "fields have owners: a conflict is refused, force takes the field, and client-side apply goes over", arguments: Kubectl.all)
  func applies(path: String) async throws {
    let test = try await TestCluster()
    let file = "Practice/manifests/statefulset.yaml"
    func kubectl(_ words: String...) async throws -> (status: Int32, output: String) {
      let result = try await test.kubectl(words, program: path)
      return (result.status, result.output)
    }
    for _ in 0..<2 {
      let applied = try await kubectl("apply", "--server-side", "-f", "Practice/manifests")
      #expect(applied.status == 0 && applied.output.contains("statefulset.apps/app serverside-applied"), "\(applied.output)")
    }
    _ = try await kubectl("scale", "statefulset", "app", "--replicas=3")
    let refused = try await kubectl("apply", "--server-side", "-f", file)
    #expect(refused.status != 0 && refused.output.contains(".spec.replicas"), "\(refused.output)")
    let forced = try await kubectl("apply", "--server-side", "--force-conflicts", "-f", file)
    #expect(forced.status == 0, "\(forced.output)")
    let shown = try await kubectl("get", "statefulset", "app", "-o", "jsonpath={.spec.replicas}")
    #expect(shown.output == "1")
    // Until 1.20 kubectl showed them always.
    let flags = Kubectl.minor(path) > 20 ? ["--show-managed-fields"] : []
    let fields = try await test.kubectl(["get", "statefulset", "app", "-o", "yaml"] + flags, program: path)
    #expect(fields.output.contains("operation: Apply") && fields.output.contains("f:replicas: {}"))
    await test.stop()
  }

  @Test("what was applied by the client can be applied by the server, and applying again changes nothing")
  func migrates() async throws {
    let test = try await TestCluster()
    let file = "Practice/manifests/hpa.yaml"
    _ = try await test.kubectl(["apply", "-f", file])
    let again = try await test.kubectl(["apply", "-f", file])
    #expect(again.output.contains("unchanged"), "\(again.output)")
    let taken = try await test.kubectl(["apply", "--server-side", "-f", file])
    #expect(taken.output.contains("serverside-applied"), "\(taken.output)")
    await test.stop()
  }
}

@Suite("Bodies in YAML")
struct YAMLBodyTests {
  private func converted(_ text: String, _ type: String) -> (body: String, type: String) {
    var request = APIRequest(method: "PATCH", path: "/", contentType: type, body: Array(text.utf8), credential: .none)
    YAMLBody.convert(&request)
    return (String(decoding: request.body, as: UTF8.self), request.contentType)
  }

  @Test("YAML becomes JSON, of several documents the first; JSON under its name and what is no YAML stay as they are")
  func converts() {
    #expect(converted("kind: Pod\n", "application/yaml") == (#"{"kind":"Pod"}"#, "application/json"))
    #expect(converted("kind: Pod\n", "application/apply-patch+yaml") == (#"{"kind":"Pod"}"#, "application/apply-patch+yaml"))
    #expect(converted("{\"a\": 1}", "application/apply-patch+yaml").body == "{\"a\": 1}")
    #expect(converted("a: [", "application/yaml") == ("a: [", "application/json"))
    #expect(converted("a: 1\n---\nb: 1\n", "application/yaml").body == #"{"a":1}"#)
    #expect(converted("kind: Pod\n", "application/json").body == "kind: Pod\n")
  }

  @Test("a key that stands twice is left for the core to name with its path, one that replaces what was merged in is not")
  func duplicates() {
    #expect(converted("a: {b: 1, b: 2}\n", "application/yaml").body == #"{"a":{"b":1,"b":2}}"#)
    let merged = "x: &x {b: 1}\na:\n  <<: *x\n  b: 2\n"
    #expect(converted(merged, "application/yaml").body == #"{"x":{"b":1},"a":{"b":2}}"#)
  }

  @Test("answers are written in YAML or protobuf where they are wanted so")
  func answers() throws {
    let tree = #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"b":"yes","a":"1","c":"x\ny"}}"#
    let answer = APIResponse.body(status: 200, contentType: "application/json", chunks: [Array(tree.utf8)], headers: [])
    func body(_ accept: String) -> (type: String, bytes: [UInt8]) {
      guard case .body(_, let type, let chunks, _) = AnswerForm.convert(answer, accept: accept) else { return ("", []) }
      return (type, Array(chunks.joined()))
    }
    let yaml = body("application/yaml")
    #expect(yaml.type == "application/yaml")
    #expect(
      String(decoding: yaml.bytes, as: UTF8.self)
        == "apiVersion: v1\ndata:\n  a: \"1\"\n  b: \"yes\"\n  c: |-\n    x\n    y\nkind: ConfigMap\nmetadata:\n  name: a\n")
    #expect(body("application/vnd.kubernetes.protobuf").bytes.starts(with: Array("k8s\0".utf8)))
    #expect(body("application/json").bytes == Array(tree.utf8))
  }

  @Test("numbers are written as Go writes them: whole ones without a point, small ones without an exponent")
  func numbers() {
    for (yaml, json) in [
      ("30.0", "30"), ("1e3", "1000"), ("1e18", "1000000000000000000"), ("1e20", "100000000000000000000"), ("0.5", "0.5"),
      ("1e-5", "0.00001"), ("-1.25e-5", "-0.0000125"), ("0.0005", "0.0005"),
    ] {
      #expect(converted("a: \(yaml)\n", "application/yaml").body == "{\"a\":\(json)}")
    }
  }
}
