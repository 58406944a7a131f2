import CoreNode
import CoreObjects
import EdgeHTTP
import EdgeImages
import EdgeLinux
import Foundation
import Synchronization
import TestMachine
import Testing

private let registryLoops = EventLoop.group(1)

/// A registry on 127.0.0.1 with one image, test/app:1, and what a test wants changed about it.
final class SmallRegistry: Sendable {
  enum Login: Sendable {
    case none, basic, token
    /// A token for an identity token.
    case identity
    /// It asks for a login whatever it is shown.
    case never
  }

  struct Behaviour: Sendable {
    var login = Login.none
    /// "user:password" that it lets in; empty: everybody gets a token.
    var accounts: [String] = []
    var redirects = false
    var redirectsForEver = false
    var isIndexed = false
    var spoilsLayer = false
    var spoilsConfiguration = false
    /// In the place of the image's manifest.
    var manifest: JSON?
    /// The size of the layer that the manifest tells, more than it has.
    var missingBytes = 0
    /// Answers to requests for blobs that come before the right one.
    var failures: [HTTPResponse] = []
    /// Of a layer's answer, before the connection ends; every second answer is whole.
    var breaksAfter: Int?
    /// Layers come byte by byte, one in this time.
    var trickle: Duration?
    /// Nothing of a layer comes until a test lets it.
    var holdsLayer = false
    var layer: Layer = .plain
  }

  enum Layer: Sendable { case plain, gzip }

  let port: UInt16
  private let server: HTTPServer
  private let notes = Notes()

  /// What it was asked, and where it listens.
  private final class Notes: Sendable {
    let asked = Mutex<[String]>([])
    let place = Mutex("")
    let failed = Mutex(0)
    let ranges = Mutex<[String]>([])
    let held = Mutex<[CheckedContinuation<Void, Never>]>([])
    let isOpen = Mutex(false)
  }

  init(_ behaviour: Behaviour = Behaviour(), tls: TLSContext? = nil) async throws {
    let (tar, layer) = try await SmallRegistry.layer(behaviour.layer)
    let files = SmallRegistry.files(behaviour, tar, layer)
    let notes = notes
    let layerDigest = Digest.of(layer)
    let settings = HTTPServerConfiguration(tls: tls) { request in
      notes.asked.withLock { $0.append(request.path) }
      let here = notes.place.withLock { $0 }
      if request.path == "/token" { return SmallRegistry.token(request, behaviour) }
      if request.path.hasPrefix("/elsewhere/") {
        guard request.headers["authorization"] == nil else { return .text(200, "") }
        return HTTPResponse(status: 200, body: .bytes(files[String(request.path.dropFirst(10))] ?? []))
      }
      if let refusal = SmallRegistry.refusal(request, behaviour, here) { return refusal }
      if behaviour.redirectsForEver { return HTTPResponse(status: 307, headers: ["location": request.path]) }
      guard let found = files[request.path] else { return .text(404, "no") }
      guard request.path.contains("/blobs/") else { return HTTPResponse(status: 200, body: .bytes(found)) }
      if behaviour.redirects {
        return HTTPResponse(
          status: 307, headers: ["location": "http://localhost:\(here.split(separator: ":")[1])/elsewhere" + request.path])
      }
      let turn = notes.failed.withLock { turn in
        defer { turn += 1 }
        return turn
      }
      if turn < behaviour.failures.count { return behaviour.failures[turn] }
      guard request.path.hasSuffix(layerDigest) else { return HTTPResponse(status: 200, body: .bytes(found)) }
      if behaviour.holdsLayer { await SmallRegistry.wait(notes) }
      return SmallRegistry.layer(found, request, behaviour, notes)
    }
    server = HTTPServer(settings, loops: registryLoops)
    let port = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0)).port
    self.port = port
    notes.place.withLock { $0 = "127.0.0.1:\(port)" }
  }

  private static func wait(_ notes: Notes) async {
    await withCheckedContinuation { continuation in
      let isOpen = notes.isOpen.withLock { isOpen in
        if !isOpen { notes.held.withLock { $0.append(continuation) } }
        return isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  /// Lets layers go that were held back.
  func letGo() {
    let held = notes.isOpen.withLock { isOpen in
      isOpen = true
      return notes.held.withLock { held in
        defer { held = [] }
        return held
      }
    }
    for continuation in held { continuation.resume() }
  }

  private static func files(_ behaviour: Behaviour, _ tar: [UInt8], _ layer: [UInt8]) -> [String: [UInt8]] {
    let architecture = ImageArchive.architecture
    let configuration: JSON = [
      "architecture": .string(architecture), "os": "linux", "config": ["Cmd": ["/hello"]],
      "rootfs": ["type": "layers", "diff_ids": [.string(Digest.of(tar))]],
    ]
    let config = configuration.encoded()
    let manifest: JSON = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": ["digest": .string(Digest.of(config)), "size": .int(Int64(config.count))],
      "layers": [["digest": .string(Digest.of(layer)), "size": .int(Int64(layer.count + behaviour.missingBytes))]],
    ]
    let bytes = (behaviour.manifest ?? manifest).encoded()
    let index: JSON = [
      "schemaVersion": 2,
      "manifests": [
        ["digest": .string(Digest.of([1])), "platform": ["os": "linux", "architecture": "other"]],
        [
          "digest": .string(Digest.of([2])),
          "platform": ["os": "linux", "architecture": .string(architecture), "variant": "v9"],
        ],
        ["digest": .string(Digest.of(bytes)), "platform": ["os": "linux", "architecture": .string(architecture)]],
        ["digest": .string(Digest.of([3])), "platform": ["os": "unknown", "architecture": "unknown"]],
      ],
    ]
    var contents: [String: [UInt8]] = [
      "/v2/test/app/manifests/1": behaviour.isIndexed ? index.encoded() : bytes,
      "/v2/test/app/manifests/" + Digest.of(bytes): bytes, "/v2/test/app/blobs/" + Digest.of(config): config,
      "/v2/test/app/blobs/" + Digest.of(layer): layer,
    ]
    if behaviour.spoilsLayer { contents["/v2/test/app/blobs/" + Digest.of(layer)]![60] ^= 1 }
    if behaviour.spoilsConfiguration { contents["/v2/test/app/blobs/" + Digest.of(config)]! += [32] }
    return contents
  }

  private static func token(_ request: HTTPRequest, _ behaviour: Behaviour) -> HTTPResponse {
    let scope = "service=small&scope=repository%3Atest%2Fapp%3Apull"
    if case .identity = behaviour.login {
      let wanted = scope + "&grant_type=refresh_token&client_id=wavetank&refresh_token=identity"
      let isRight = request.method == .post && String(decoding: request.body, as: UTF8.self) == wanted
      return isRight ? .text(200, #"{"access_token":"secret"}"#) : .text(401, "no")
    }
    guard request.query == scope else { return .text(400, request.query) }
    guard behaviour.accounts.isEmpty || isKnown(request, behaviour) else { return .text(401, "no") }
    return .text(200, #"{"token":"secret"}"#)
  }

  private static func isKnown(_ request: HTTPRequest, _ behaviour: Behaviour) -> Bool {
    behaviour.accounts.contains { request.headers["authorization"] == "Basic " + Base64.encode(Array($0.utf8)) }
  }

  /// nil for whom it lets in.
  private static func refusal(_ request: HTTPRequest, _ behaviour: Behaviour, _ here: String) -> HTTPResponse? {
    let challenge: String
    switch behaviour.login {
    case .none: return nil
    case .basic where isKnown(request, behaviour): return nil
    case .token where request.headers["authorization"] == "Bearer secret": return nil
    case .identity where request.headers["authorization"] == "Bearer secret": return nil
    case .basic, .never: challenge = #"Basic realm="small""#
    case .token, .identity:
      challenge = #"Bearer realm="http://\#(here)/token",service="small",scope="repository:test/app:pull""#
    }
    return HTTPResponse(status: 401, headers: ["www-authenticate": challenge])
  }

  private static func layer(
    _ bytes: [UInt8], _ request: HTTPRequest, _ behaviour: Behaviour, _ notes: Notes
  ) -> HTTPResponse {
    var (status, headers, body) = (200, HTTPHeaders(), bytes)
    if let range = request.headers["range"], let start = Int(range.dropFirst(6).prefix { $0 != "-" }) {
      notes.ranges.withLock { $0.append(range) }
      status = 206
      headers.append("content-range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
      body = Array(bytes[start...])
    } else if let count = behaviour.breaksAfter {
      let stream = ByteStream()
      stream.offer(Array(bytes.prefix(count)))
      Task {
        // What was offered is on its way when the queue takes more than it holds.
        try? await Task.sleep(for: .milliseconds(50))
        stream.abort()
      }
      return HTTPResponse(status: 200, body: .stream(stream))
    }
    if let pause = behaviour.trickle {
      let stream = ByteStream()
      Task {
        for byte in body {
          guard await stream.write([byte]) else { return }
          try? await Task.sleep(for: pause)
        }
        stream.finish()
      }
      return HTTPResponse(status: status, headers: headers, body: .stream(stream))
    }
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }

  /// A tar with one file, and what it is sent as.
  private static func layer(_ form: Layer) async throws -> (tar: [UInt8], layer: [UInt8]) {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))) }
    try "hello".write(toFile: directory + "/hello", atomically: true, encoding: .utf8)
    _ = try await Program.run("/bin/tar", ["-cf", "layer.tar", "hello"], in: directory)
    let tar = try read("layer.tar")
    switch form {
    case .plain: return (tar, tar)
    case .gzip:
      _ = try await Program.run("/bin/gzip", ["-k", "layer.tar"], in: directory)
      return (tar, try read("layer.tar.gz"))
    }
  }

  /// A store that asks it, with the patience of a test.
  static func store(
    _ directory: String? = nil, configuration: RegistryConfiguration = RegistryConfiguration(), docker: String? = nil,
    patience change: (inout PullPatience) -> Void = { _ in }
  ) throws -> ImageStore {
    var patience = PullPatience()
    patience.silence = .seconds(5)
    patience.delay = .milliseconds(1)
    change(&patience)
    let registry = RegistryClient(configuration, dockerConfiguration: docker, patience: patience)
    return try ImageStore(directory: try directory ?? temporaryDirectory(), registry: registry)
  }

  /// Pulls into a store of its own.
  func pull(_ name: String = "test/app:1", keyring: RegistryKeyring = RegistryKeyring()) async throws -> PreparedImage {
    try await SmallRegistry.store().ensure(node: "n", image: image(name), pull: .ifNotPresent, keyring: keyring).prepared
  }

  func image(_ name: String = "test/app:1") -> String { "127.0.0.1:\(port)/" + name }

  /// What opens it for a pod: a secret of this name.
  func keyring(_ account: String, secret: String = "regcred") throws -> RegistryKeyring {
    var keyring = RegistryKeyring()
    let auth: JSON = ["auth": .string(Base64.encode(Array(account.utf8)))]
    try keyring.add(
      .object([Member(key: Key("127.0.0.1:\(port)"), value: auth)]), from: .init(uid: secret, namespace: "default", name: secret))
    return keyring
  }

  var paths: [String] { notes.asked.withLock { $0 } }
  var ranges: [String] { notes.ranges.withLock { $0 } }
}
