import CoreObjects
import Testing

@testable import CoreNode

@Suite("Credentials are matched with repositories as the kubelet does")
struct RegistryKeyringTests {
  private func users(_ places: [String], _ repository: String) throws -> [String] {
    var keyring = RegistryKeyring()
    for place in places {
      try keyring.add(["auths": .object([Member(key: Key(place), value: ["username": .string(place), "password": "p"])])])
    }
    return keyring.credentials(for: repository).map(\.user)
  }

  @Test(
    "a key is a host, perhaps with a scheme, a port, a path and patterns",
    arguments: [
      ("registry.example", "registry.example/app", true), ("https://registry.example/v2/", "registry.example/app", true),
      ("http://registry.example", "registry.example/app", true), ("registry.example", "registry.example:5000/app", false),
      ("registry.example:5000", "registry.example:5000/app", true), ("registry.example:5001", "registry.example:5000/app", false),
      ("registry.example/team", "registry.example/team/app", true),
      ("registry.example/team", "registry.example/other/app", false),
      ("*.example", "registry.example/app", true), ("*.example", "a.registry.example/app", false),
      ("*.*.example", "a.registry.example/app", true), ("reg*.example/team", "registry.example/team/app", true),
      ("registr?.example", "registry.example/app", true), ("registr[a-x].example", "registry.example/app", false),
      ("registr[^a-x].example", "registry.example/app", true), ("*", "registry.example/app", false),
      ("https://index.docker.io/v1/", "docker.io/library/app", true), ("docker.io", "docker.io/library/app", true),
      ("registry-1.docker.io", "docker.io/library/app", false), ("https://index.docker.io/v1/", "quay.io/app", false),
    ])
  func matches(key: String, repository: String, isFor: Bool) throws {
    #expect(try users([key], repository) == (isFor ? [key] : []))
  }

  @Test("those that say more come first, those of one key as they came; docker's own only where nothing else fits")
  func order() throws {
    let keys = ["r.example", "r.example/team", "other", "r.example/team/app"]
    #expect(try users(keys, "r.example/team/app") == ["r.example/team/app", "r.example/team", "r.example"])
    #expect(try users(["docker.io/team", "index.docker.io"], "docker.io/team/app") == ["docker.io/team"])
    var keyring = RegistryKeyring()
    for user in ["first", "second"] { try keyring.add(["r": ["username": .string(user)]]) }
    #expect(keyring.credentials(for: "r/app").map(\.user) == ["first", "second"])
  }

  @Test("auth is user and password in base64, with padding or without, and counts for more than both apart")
  func auth() throws {
    for auth in ["dXNlcjpwYTpzcw==", "dXNlcjpwYTpzcw"] {
      var keyring = RegistryKeyring()
      try keyring.add(["auths": ["r": ["auth": .string(auth), "username": "other", "password": "other"]]])
      let found = keyring.credentials(for: "r/app")
      #expect(found.map(\.user) == ["user"] && found.map(\.password) == ["pa:ss"])
    }
  }

  @Test("an entry that a helper holds is none, and what is no docker configuration is refused")
  func bad() throws {
    var keyring = RegistryKeyring()
    try keyring.add(["auths": ["r": [:]], "credsStore": "pass"])
    #expect(keyring.isEmpty)
    for tree: JSON in [["auths": ["r": ["auth": "!"]]], "text", ["auths": ["r": ["auth": "dXNlcg=="]]]] {
      #expect(throws: RegistryKeyring.Problem.self) { try keyring.add(tree) }
    }
  }

  @Test("a credential says where it is from and not what it is")
  func silence() throws {
    var credential = RegistryCredential(user: "u", password: "hidden")
    #expect("\(credential)" == "a credential of this machine")
    credential.source = .init(uid: "1", namespace: "n", name: "s")
    #expect("\(credential)" == "the secret n/s")
  }
}

@Suite("A pod's pull secrets")
struct PullSecretTests {
  private func wanted(_ bench: inout NodeBench) -> [WantedImage] {
    bench.taken().compactMap { if case .ensureImage(_, _, let wanted) = $0 { wanted } else { nil } }
  }

  private func secret(_ bench: inout NodeBench, _ name: String, type: String, key: String, _ content: String) {
    bench.put(
      ObjectKey(.secrets, namespace: "default", name),
      ["type": .string(type), "data": .object([Member(key: Key(key), value: .string(Base64.encode(Array(content.utf8))))])])
  }

  @Test("both forms are read, and shown for what they are for")
  func forms() {
    var bench = NodeBench()
    secret(
      &bench, "new", type: "kubernetes.io/dockerconfigjson", key: ".dockerconfigjson",
      #"{"auths": {"r.example": {"username": "new", "password": "p"}}}"#)
    secret(
      &bench, "old", type: "kubernetes.io/dockercfg", key: ".dockercfg", #"{"r.example": {"username": "old", "password": "p"}}"#)
    bench.run(main, ["imagePullSecrets": [["name": "new"], ["name": "old"]]])
    bench.sandboxStarts()
    let found = wanted(&bench).first?.keyring.credentials(for: "r.example/app") ?? []
    #expect(found.map(\.user) == ["new", "old"])
    #expect(found.map(\.source?.name) == ["new", "old"] && found.first?.source?.uid == "new")
    #expect(!bench.reasons.contains("FailedToRetrieveImagePullSecret"))
  }

  @Test("one that is not there, of another type or not readable is reported once, and the image pulled without it")
  func missing() {
    var bench = NodeBench()
    secret(&bench, "opaque", type: "Opaque", key: "x", "y")
    secret(
      &bench, "broken", type: "kubernetes.io/dockerconfigjson", key: ".dockerconfigjson", #"{"auths": {"r": {"auth": "!"}}}"#)
    bench.run(main, ["imagePullSecrets": [["name": "gone"], ["name": "opaque"], ["name": "broken"]]])
    bench.sandboxStarts()
    #expect(wanted(&bench).map(\.keyring.isEmpty) == [true])
    let events = bench.events.filter { $0.reason == "FailedToRetrieveImagePullSecret" }
    #expect(
      events.map(\.message) == [
        "Images are pulled without some pull secrets: gone is not there, opaque is of no use: its type is Opaque, "
          + "broken is of no use: an \"auth\" in it is not user:password in base64"
      ])
    bench.tell(.imageFailed(podUID: NodeBench.uid, container: "main", reason: .pull, message: "no"))
    bench.now = bench.wakeAt ?? bench.now
    bench.look()
    #expect(wanted(&bench).count == 1)
    #expect(bench.events.count { $0.reason == "FailedToRetrieveImagePullSecret" } == 1)
  }

  @Test("events tell that an image is pulled, how far it is, and how large it was")
  func events() {
    var bench = NodeBench()
    bench.run(main)
    bench.sandboxStarts()
    bench.tell(.imagePulling(podUID: NodeBench.uid, container: "main"))
    bench.tell(.imagePulling(podUID: NodeBench.uid, container: "main", progress: "1 of 3 layers, 4 of 9 MB"))
    bench.tell(.imageReady(podUID: NodeBench.uid, container: "main", image: NodeBench.image, .pulled(milliseconds: 61_007)))
    let image = bench.pod.spec.containers.first?.image ?? ""
    #expect(
      bench.events.map(\.message) == [
        "Pulling image \"\(image)\"", "Pulling image \"\(image)\": 1 of 3 layers, 4 of 9 MB",
        "Pulled image \"\(image)\" in 61.007 s: 1 bytes",
      ])
  }
}
