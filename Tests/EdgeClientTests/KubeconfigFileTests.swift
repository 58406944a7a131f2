import EdgeClient
import EdgeHTTP
import Foundation
import Testing

@Suite("Kubeconfig files") struct KubeconfigFileTests {
  private func write(_ text: String) throws -> String {
    let path = NSTemporaryDirectory() + "kubeconfig-" + UUID().uuidString
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private let plain = """
    apiVersion: v1
    kind: Config
    current-context: near
    contexts:
    - {name: near, context: {cluster: c, user: u}}
    - {name: far, context: {cluster: d, user: v}}
    - {name: loose, context: {cluster: nowhere, user: u}}
    - {name: clever, context: {cluster: c, user: w}}
    clusters:
    - {name: c, cluster: {server: "http://127.0.0.1:8080"}}
    - {name: d, cluster: {server: "https://cluster.example/k8s/one", insecure-skip-tls-verify: true}}
    users:
    - {name: u, user: {}}
    - {name: v, user: {token: secret}}
    - {name: w, user: {exec: {command: login}}}
    """

  @Test("the current context counts where none is named")
  func current() throws {
    let endpoint = try KubeconfigFile([write(plain)]).endpoint(context: nil)
    #expect(endpoint.origin == HTTPOrigin(isTLS: false, host: "127.0.0.1", port: 8080) && endpoint.prefix.isEmpty)
    #expect(endpoint.token == nil && endpoint.tls == nil)
  }

  @Test("a path of the server stands before every path, a token comes along")
  func prefix() throws {
    let endpoint = try KubeconfigFile([write(plain)]).endpoint(context: "far")
    #expect(endpoint.origin == HTTPOrigin(isTLS: true, host: "cluster.example") && endpoint.prefix == "/k8s/one")
    #expect(endpoint.token == "secret" && endpoint.tls != nil)
  }

  @Test("an unknown context is refused with those that there are")
  func unknown() throws {
    let file = try KubeconfigFile([write(plain), "/no/such/file"])
    #expect(throws: KubeconfigError.noContext("nope", known: ["near", "far", "loose", "clever"])) {
      try file.endpoint(context: "nope")
    }
    #expect(throws: KubeconfigError.noContext("", known: [])) { try KubeconfigFile([]).endpoint(context: nil) }
  }

  @Test("a context that names what is not there, or wants what is not supported, is told apart")
  func loose() throws {
    let file = try KubeconfigFile([write(plain)])
    #expect(throws: KubeconfigError.noEntry(context: "loose", kind: "cluster", name: "nowhere")) {
      try file.endpoint(context: "loose")
    }
    #expect(throws: KubeconfigError.unsupported(context: "clever", what: "credentials by exec")) {
      try file.endpoint(context: "clever")
    }
  }

  @Test("entries are found over several files, the first of a name counts, and files are named from the kubeconfig's folder")
  func several() throws {
    let folder = NSTemporaryDirectory() + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "from a file\n".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
    try "users:\n- {name: u, user: {tokenFile: token}}\n".write(toFile: folder + "/first", atomically: true, encoding: .utf8)
    #expect(try KubeconfigFile([folder + "/first", write(plain)]).endpoint(context: "near").token == "from a file")
  }

  @Test("what is no YAML is refused with its line")
  func malformed() throws {
    let path = try write("contexts: [\n")
    #expect {
      try KubeconfigFile([path])
    } throws: {
      if case KubeconfigError.unreadable(path, let reason) = $0 { reason.contains("line") } else { false }
    }
  }

  @Test("KUBECONFIG names files, else the home directory's")
  func paths() {
    #expect(KubeconfigFile.standardPaths { ["KUBECONFIG": "/a:/b", "HOME": "/h"][$0] } == ["/a", "/b"])
    #expect(KubeconfigFile.standardPaths { ["HOME": "/h"][$0] } == ["/h/.kube/config"])
  }
}
