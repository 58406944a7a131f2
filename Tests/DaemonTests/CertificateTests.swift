import CoreObjects
import Foundation
import TestMachine
import Testing

@testable import Daemon

@Suite(
  "Certificates with the real kubectl and openssl", .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.kubectl), "needs kubectl"))
struct CertificateTests {
  @Test("a request made with openssl is approved with kubectl, signed by the cluster's authority, and lets its owner in")
  func signs() async throws {
    let test = try await TestCluster()
    let folder = URL(filePath: try temporaryDirectory())
    func file(_ name: String) -> String { folder.appending(path: name).path }
    func openssl(_ words: String...) async throws -> String {
      let result = try await Program.run("/usr/bin/openssl", words, in: folder.path)
      #expect(result.status == 0, "\(words): \(result.output)")
      return result.output
    }
    _ = try await openssl("genrsa", "-out", file("jane.key"), "2048")
    _ = try await openssl("req", "-new", "-key", file("jane.key"), "-subj", "/O=dev/CN=jane", "-out", file("jane.csr"))
    let request = try Data(contentsOf: URL(filePath: file("jane.csr"))).base64EncodedString()
    let manifest = """
      apiVersion: certificates.k8s.io/v1
      kind: CertificateSigningRequest
      metadata: {name: jane}
      spec: {request: \(request), signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 7200, usages: [client auth]}
      """
    try manifest.write(toFile: file("csr.yaml"), atomically: true, encoding: .utf8)
    #expect(try await test.kubectl(["apply", "-f", file("csr.yaml")]).status == 0)
    #expect(try await test.kubectl(["get", "csr", "jane"]).output.contains("Pending"))
    let approved = try await test.kubectl(["certificate", "approve", "jane"])
    #expect(approved.status == 0, "\(approved.output)")
    let issued = try await test.kubectl(["wait", "csr/jane", "--for=jsonpath={.status.certificate}", "--timeout=20s"])
    #expect(issued.status == 0, "\(issued.output)")
    #expect(try await test.kubectl(["get", "csr", "jane"]).output.contains("Approved,Issued"))
    let encoded = try await test.kubectl(["get", "csr", "jane", "-o", "jsonpath={.status.certificate}"]).output
    try #require(Data(base64Encoded: encoded)).write(to: URL(filePath: file("jane.crt")))
    let text = try await openssl("x509", "-in", file("jane.crt"), "-noout", "-text")
    for part in ["O = dev, CN = jane", "TLS Web Client Authentication", "CA:FALSE"] { #expect(text.contains(part), "\(text)") }
    _ = try await openssl("x509", "-in", file("jane.crt"), "-noout", "-checkend", "6000")
    let late = try await Program.run(
      "/usr/bin/openssl", ["x509", "-in", file("jane.crt"), "-noout", "-checkend", "7300"], in: folder.path)
    #expect(late.status == 1)
    _ = try await test.kubectl([
      "config", "set-credentials", "jane", "--client-certificate=" + file("jane.crt"), "--client-key=" + file("jane.key"),
    ])
    let refused = try await test.kubectl(["--user=jane", "get", "pods"])
    #expect(refused.output.contains("User \"jane\" cannot list resource"), "\(refused.output)")
    await test.stop()
  }

  @Test("what is no request, or not signed with its own key, is refused; a request for the masters is forbidden")
  func refuses() async throws {
    let test = try await TestCluster()
    let folder = URL(filePath: try temporaryDirectory())
    func send(_ request: String) async throws -> String {
      let manifest = """
        {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "r"}, "spec": {
        "request": "\(request)", "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}}
        """
      let path = folder.appending(path: "r.json").path
      try manifest.write(toFile: path, atomically: true, encoding: .utf8)
      return try await test.kubectl(["create", "-f", path]).output
    }
    #expect(try await send("aGVsbG8=").contains("spec.request: Invalid value"))
    let (key, csr) = (folder.appending(path: "k").path, folder.appending(path: "c").path)
    _ = try await Program.run(
      "/usr/bin/openssl",
      ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", "/O=system:masters/CN=me", "-out", csr],
      in: folder.path)
    let masters = try Data(contentsOf: URL(filePath: csr)).base64EncodedString()
    #expect(try await send(masters).contains("system:masters"))
    await test.stop()
  }
}
