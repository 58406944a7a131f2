import CoreNode
import CoreObjects
import EdgeClient
import EdgeHTTP
import EdgeImages
import Foundation
import TestMachine
import Testing

@Suite(
  "Registries that want to know who asks", .timeLimit(.minutes(1)),
  .enabled(if: Requirement.met(.root), "layers are unpacked as root"))
struct RegistryLoginTests {
  private func reason(_ body: () async throws -> PreparedImage) async -> String {
    do {
      _ = try await body()
      return "it was pulled"
    } catch { return "\(error)" }
  }

  private func configuration(_ yaml: String) throws -> RegistryConfiguration {
    try RegistryConfiguration(try YAMLReader.single(yaml).value)
  }

  @Test("a pull secret opens it, by password or by a token for the password", arguments: [SmallRegistry.Login.basic, .token])
  func secrets(login: SmallRegistry.Login) async throws {
    let registry = try await SmallRegistry(.init(login: login, accounts: ["me:pass"]))
    #expect(try await registry.pull(keyring: registry.keyring("me:pass")).command == ["/hello"])
    let anonymous = await reason { try await registry.pull() }
    let wrong = await reason { try await registry.pull(keyring: registry.keyring("me:other")) }
    #expect(anonymous.contains("wants a login") || anonymous.contains("no token anonymously"), "\(anonymous)")
    #expect(wrong.contains("with the secret default/regcred") && !wrong.contains("other"), "\(wrong)")
  }

  @Test("an identity token is exchanged for a token")
  func identity() async throws {
    let registry = try await SmallRegistry(.init(login: .identity))
    var keyring = RegistryKeyring()
    try keyring.add(.object([Member(key: Key("127.0.0.1:\(registry.port)"), value: ["identitytoken": "identity"])]))
    #expect(try await registry.pull(keyring: keyring).command == ["/hello"])
  }

  @Test("several credentials are tried in turn, and a registry that is content with none ends it")
  func turns() async throws {
    let registry = try await SmallRegistry(.init(login: .basic, accounts: ["me:pass"]))
    var keyring = try registry.keyring("me:old", secret: "old")
    for (secret, account) in [("new", "me:pass")] {
      let auth: JSON = ["auth": .string(Base64.encode(Array(account.utf8)))]
      try keyring.add(
        .object([Member(key: Key("127.0.0.1:\(registry.port)"), value: auth)]),
        from: .init(uid: secret, namespace: "default", name: secret))
    }
    #expect(try await registry.pull(keyring: keyring).command == ["/hello"])
    let strict = try await SmallRegistry(.init(login: .never))
    let reason = await reason { try await strict.pull(keyring: strict.keyring("me:pass")) }
    #expect(reason.contains("does not give it with the secret default/regcred"), "\(reason)")
    #expect(strict.paths.count == 2)
  }

  @Test("the machine's docker configuration is read at each pull, and opens it for all pods")
  func docker() async throws {
    let registry = try await SmallRegistry(.init(login: .token, accounts: ["me:pass"]))
    let file = try temporaryDirectory() + "/config.json"
    let store = try SmallRegistry.store(docker: file)
    let image = registry.image()
    let before = await reason { try await store.ensure(node: "n", image: image, pull: .ifNotPresent).prepared }
    #expect(before.contains("no token anonymously"), "\(before)")
    let auth = Base64.encode(Array("me:pass".utf8))
    try #"{"auths": {"127.0.0.1:\#(registry.port)": {"auth": "\#(auth)"}}, "credsStore": ""}"#
      .write(toFile: file, atomically: true, encoding: .utf8)
    for pull in [ImagePull.ifNotPresent, .never] { _ = try await store.ensure(node: "n", image: image, pull: pull) }
  }

  @Test("a registry's configuration has its credential and its mirrors; a mirror is shown nothing of the pods'")
  func mirrors() async throws {
    let origin = try await SmallRegistry(.init(login: .basic, accounts: ["me:pass"]))
    let empty = try await SmallRegistry(.init(manifest: ["schemaVersion": 1]))
    let mirror = try await SmallRegistry(.init(login: .basic, accounts: ["mirror:pass"]))
    let configured = try configuration(
      """
      mirrors:
        r.example:
          endpoint: ["http://127.0.0.1:\(empty.port)", "http://127.0.0.1:\(mirror.port)/v2"]
        127.0.0.1:\(origin.port):
          endpoint: ["http://127.0.0.1:\(empty.port)/"]
      configs:
        127.0.0.1:\(mirror.port): {auth: {username: mirror, password: pass}}
        127.0.0.1:\(origin.port): {auth: {username: me, password: pass}}
      """)
    let store = try SmallRegistry.store(configuration: configured)
    let found = try await store.ensure(
      node: "n", image: "r.example/test/app:1", pull: .ifNotPresent, keyring: mirror.keyring("me:other"))
    #expect(found.facts.names == ["r.example/test/app:1"])
    // Its mirrors have not got it: the registry itself is asked last.
    _ = try await store.ensure(node: "n", image: origin.image(), pull: .ifNotPresent)
    #expect(empty.paths.count == 2)
  }

  @Test("a certificate that is configured is trusted, another one only where that is configured")
  func certificates() async throws {
    let authority = try CertificateAuthority(named: "test")
    let identity = try authority.issueServer(commonName: "registry", names: ["127.0.0.1", "r.example"])
    let registry = try await SmallRegistry(tls: TLSContext(server: identity))
    let file = try temporaryDirectory() + "/ca.crt"
    try Data(authority.certificatePEM).write(to: URL(fileURLWithPath: file))
    let mirror = "mirrors: {r.example: {endpoint: ['https://127.0.0.1:\(registry.port)']}}\n"
    for (tls, isTrusted) in [
      ("ca_file: \(file)", true), ("insecure_skip_verify: true", true), ("insecure_skip_verify: false", false),
    ] {
      let configured = try configuration(mirror + "configs: {'127.0.0.1:\(registry.port)': {tls: {\(tls)}}}")
      let store = try SmallRegistry.store(configuration: configured)
      let reason = await reason { try await store.ensure(node: "n", image: "r.example/test/app:1", pull: .always).prepared }
      #expect((reason == "it was pulled") == isTrusted, "\(tls): \(reason)")
    }
  }

  @Test(
    "what is not understood in a configuration is refused with its place",
    arguments: [
      ("[1]", "no map"), ("mirror: {}", "\"mirror\""), ("mirrors: {r: {endpoints: []}}", "\"endpoints\""),
      ("mirrors: {r: {endpoint: [r.example]}}", "no http or https URL"), ("configs: {r: {tls: {ca: x}}}", "\"ca\""),
      ("configs: {r: {tls: {ca_file: /nowhere}}}", "/nowhere"),
      ("configs: {r: {tls: {cert_file: /etc/hostname}}}", "go together"),
      ("configs: {r: {auth: {auth: '!'}}}", "base64"), ("auths: {r: {auth: '!'}}", "base64"),
    ])
  func refusals(yaml: String, reason: String) throws {
    let problem = #expect(throws: RegistryConfiguration.Problem.self) { try configuration(yaml) }
    #expect(problem?.description.contains(reason) == true, "\(problem?.description ?? "")")
  }

  @Test("what was pulled with a secret is there for pods that have the secret or what was in it, and for no others")
  func access() async throws {
    let registry = try await SmallRegistry(.init(login: .basic, accounts: ["me:pass", "you:pass"]))
    let directory = try temporaryDirectory()
    let store = try SmallRegistry.store(directory)
    let image = registry.image()
    func ensure(_ pull: ImagePull, _ keyring: RegistryKeyring?) async -> String {
      await reason {
        try await store.ensure(node: "n", image: image, pull: pull, keyring: keyring ?? RegistryKeyring()).prepared
      }
    }
    let mine = try registry.keyring("me:pass")
    #expect(await ensure(.ifNotPresent, mine) == "it was pulled")
    let asked = registry.paths.count
    // The same secret with another password, another secret with the same one.
    for keyring in [mine, try registry.keyring("me:rotated"), try registry.keyring("me:pass", secret: "copy")] {
      #expect(await ensure(.never, keyring) == "it was pulled")
      #expect(await ensure(.ifNotPresent, keyring) == "it was pulled")
    }
    #expect(registry.paths.count == asked)
    #expect(await ensure(.ifNotPresent, nil).contains("wants a login"))
    #expect(await ensure(.never, nil).contains("secrets that this pod does not have"))
    let wrong = try registry.keyring("you:wrong", secret: "other")
    #expect(await ensure(.ifNotPresent, wrong).contains("does not give it"))
    let yours = try registry.keyring("you:pass", secret: "other")
    #expect(await ensure(.ifNotPresent, yours) == "it was pulled")
    #expect(await ensure(.never, yours) == "it was pulled")
    store.release()
    let again = try SmallRegistry.store(directory)
    let never = await reason { try await again.ensure(node: "n", image: image, pull: .never).prepared }
    #expect(never.contains("secrets that this pod does not have"), "\(never)")
  }
}
