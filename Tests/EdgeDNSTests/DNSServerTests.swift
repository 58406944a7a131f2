import CLDNS
import EdgeLinux
import Synchronization
import Testing

@testable import CoreNode
@testable import EdgeDNS

/// A server on a free port of 127.0.0.1 whose zone is `cluster.local`, with a few names.
private final class TestNames: Sendable {
  let server: DNSServer
  let address: SocketAddress

  init(resolvers: [SocketAddress] = [], waitingLimit: Int = 100) throws {
    var datagrams = try Datagrams.bind(to: SocketAddress(host: "127.0.0.1", port: 0))
    var listener = try? Socket.listen(on: SocketAddress.local(of: datagrams.number)!)
    // What the kernel gives for datagrams may be somebody's for connections.
    for _ in 0..<20 where listener == nil {
      datagrams = try Datagrams.bind(to: SocketAddress(host: "127.0.0.1", port: 0))
      listener = try? Socket.listen(on: SocketAddress.local(of: datagrams.number)!)
    }
    address = SocketAddress.local(of: datagrams.number)!
    server = DNSServer(
      datagrams: datagrams, listener: try #require(listener), waitingLimit: waitingLimit, resolvers: { resolvers },
      zone: TestNames.answer)
  }

  static let answer: DNSServer.Zone = { name, type in
    guard name.hasSuffix("cluster.local") else { return nil }
    var answer = DNSAnswer()
    switch name {
    case "web.cluster.local": if type == .a { answer.answers = [DNSRecord(name, .a("10.96.3.4"))] }
    case "many.cluster.local": answer.answers = (0..<200).map { DNSRecord(name, .a("10.244.0.\($0)")) }
    case "srv.cluster.local":
      answer.answers = [DNSRecord(name, .srv(weight: 100, port: 80, target: "web.cluster.local"))]
      answer.additional = (0..<60).map { DNSRecord("web.cluster.local", .a("10.96.3.\($0)")) }
    case "out.cluster.local":
      answer.answers = [DNSRecord(name, .cname("example.org"))]
      answer.continuation = "example.org"
    default:
      answer.exists = false
      answer.authority = [DNSRecord("cluster.local", .soa(server: "ns.cluster.local", serial: 7))]
    }
    return answer
  }

  func ask(_ name: String, _ type: String = "A", extension bytes: UInt16? = nil, isStream: Bool = false) async throws
    -> TestAnswer?
  {
    try await send(TestAnswer.question(name, type, bytes), isStream: isStream)
  }

  func send(_ question: [UInt8], isStream: Bool = false) async throws -> TestAnswer? {
    // The server's own client: it passes questions on as they are.
    let client = Forwarder { [address] in [address] }
    return await client.ask(question, isStream: isStream).flatMap { TestAnswer($0) }
  }

  /// As `send` over UDP, for as long as it takes.
  func raw(_ question: [UInt8]) async throws -> TestAnswer {
    let socket = try Datagrams.connect(to: address)
    _ = try socket.writeNow(question, from: 0)
    try await Readiness.shared.wait(for: socket, writing: false)
    return try #require(try socket.readNow().flatMap { TestAnswer($0) })
  }
}

/// A resolver of somebody else, which says to each question what the test wants; nil: nothing.
private final class TestResolver: Sendable {
  let address: SocketAddress
  private let questions = Mutex<[[UInt8]]>([])
  private let task = Mutex<Task<Void, Never>?>(nil)

  var asked: [[UInt8]] { questions.withLock { $0 } }

  init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
    let socket = try Datagrams.bind(to: SocketAddress(host: "127.0.0.1", port: 0))
    address = SocketAddress.local(of: socket.number)!
    let task = Task { [weak self] in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
      defer { buffer.deallocate() }
      while !Task.isCancelled {
        if let (bytes, sender) = Datagrams.receive(socket, buffer) {
          let question = Array(bytes)
          self?.questions.withLock { $0.append(question) }
          if let answer = answer(question) { Datagrams.send(answer, to: sender, from: socket) }
        } else if (try? await Readiness.shared.wait(for: socket, writing: false)) == nil {
          return
        }
      }
    }
    self.task.withLock { $0 = task }
  }

  deinit { task.withLock { $0?.cancel() } }
}

@Suite("The DNS server", .timeLimit(.minutes(1)))
struct DNSServerTests {
  @Test("a question over UDP and TCP is answered with its own number and spelling", arguments: [false, true])
  func answers(isStream: Bool) async throws {
    let names = try TestNames()
    let answer = try #require(await names.ask("Web.CLUSTER.local", isStream: isStream))
    #expect(answer.code == 0 && answer.id == 4711 && answer.isAuthoritative && !answer.hasExtension)
    #expect(answer.question.hasPrefix("Web.CLUSTER.local. A"))
    #expect(answer.answers == ["Web.CLUSTER.local. A 10.96.3.4"])
    await names.server.stop()
  }

  @Test("a name that is not there is NXDOMAIN with the zone's beginning")
  func missing() async throws {
    let answer = try #require(await TestNames().ask("no.cluster.local"))
    #expect(answer.code == 3 && answer.answers.isEmpty)
    #expect(answer.authority == ["cluster.local. SOA ns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400"])
  }

  @Test("what is too long for a datagram is cut and says so, and TCP has all of it")
  func truncates() async throws {
    let names = try TestNames()
    let cut = try #require(await names.ask("many.cluster.local"))
    #expect(cut.isTruncated && cut.bytes.count <= 512 && cut.bytes.count > 480 && cut.answers.count == 29)
    let longer = try #require(await names.ask("many.cluster.local", extension: 4096))
    #expect(longer.isTruncated && longer.bytes.count <= 1232 && longer.answers.count > 70 && longer.hasExtension)
    let whole = try #require(await names.ask("many.cluster.local", isStream: true))
    #expect(!whole.isTruncated && Set(whole.answers).count == 200)
  }

  @Test("what does not fit beside the answer is left out without a word")
  func dropsAdditional() async throws {
    let answer = try #require(await TestNames().ask("srv.cluster.local", "SRV"))
    #expect(!answer.isTruncated && answer.additional.isEmpty)
    #expect(answer.answers == ["srv.cluster.local. SRV 0 100 80 web.cluster.local."])
  }

  @Test("the first of many addresses is another one for another question")
  func turns() async throws {
    let names = try TestNames()
    var first: Set<String> = []
    for id in UInt16(0)..<4 {
      first.insert(try #require(await names.send(TestAnswer.question("many.cluster.local", "A", id: id))).answers[0])
    }
    #expect(first.count == 4)
  }

  @Test("what is no question, or none that is answered here, is refused by its kind; a response is not answered at all")
  func refuses() async throws {
    let names = try TestNames()
    let good = TestAnswer.question("web.cluster.local", "A")
    #expect(try await names.send(Array(good.prefix(20)))?.code == 1)
    #expect(try await names.send(Array(good.prefix(12)))?.code == 1)
    #expect(try await names.ask("cluster.local", "AXFR")?.code == 5)
    let update = TestAnswer.changed(good) { ldns_pkt_set_opcode($0, LDNS_PACKET_NOTIFY) }
    #expect(try await names.send(update)?.code == 4)
    let chaos = TestAnswer.changed(good) { ldns_rr_set_class(ldns_rr_list_rr(ldns_pkt_question($0), 0), LDNS_RR_CLASS_CH) }
    #expect(try await names.send(chaos)?.code == 5)
    let versioned = TestAnswer.changed(TestAnswer.question("web.cluster.local", "A", 1232)) { ldns_pkt_set_edns_version($0, 1) }
    #expect(try await names.send(versioned)?.extendedCode == 1)
    let response = TestAnswer.changed(good) { ldns_pkt_set_qr($0, true) }
    let socket = try Datagrams.connect(to: names.address)
    _ = try socket.writeNow(response, from: 0)
    _ = try socket.writeNow([1, 2, 3], from: 0)
    _ = try socket.writeNow(good, from: 0)
    try await Readiness.shared.wait(for: socket, writing: false)
    let first = try #require(try socket.readNow())
    #expect(TestAnswer(first)?.answers.count == 1)
  }

  @Test("no bytes, however they are changed, stop the server")
  func survives() async throws {
    let names = try TestNames()
    let socket = try Datagrams.connect(to: names.address)
    var random = SystemRandomNumberGenerator()
    for length in 0..<2000 {
      var bytes = TestAnswer.question("web.cluster.local", "A", length.isMultiple(of: 2) ? 1232 : nil)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 2..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? socket.writeNow(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))), from: 0)
    }
    #expect(try await names.ask("web.cluster.local")?.answers.count == 1)
  }

  @Test("another name is asked elsewhere, as the question is, and the answer comes back as it is")
  func forwards() async throws {
    let resolver = try TestResolver { TestAnswer.response(to: $0, ["example.org. 60 IN A 192.0.2.7"]) }
    let names = try TestNames(resolvers: [resolver.address])
    let question = TestAnswer.question("example.org", "A", 1400, id: 99)
    let answer = try #require(await names.send(question))
    #expect(resolver.asked == [question] && answer.id == 99 && answer.answers == ["example.org. 60 A 192.0.2.7"])
  }

  @Test("without resolvers another name is SERVFAIL at once")
  func noResolvers() async throws {
    for isStream in [false, true] {
      #expect(try await TestNames().ask("example.org", isStream: isStream)?.code == 2)
    }
  }

  @Test("a resolver that is gone, is silent, or answers other questions is passed by, and the next one asked; then it comes last")
  func broken() async throws {
    let good = try TestResolver { TestAnswer.response(to: $0, ["example.org. 60 IN A 192.0.2.7"]) }
    let gone = SocketAddress(host: "127.0.0.1", port: 1)
    let wrong = try TestResolver { TestAnswer.response(to: $0, ["example.org. 60 IN A 192.0.2.8"], id: 1) }
    for resolvers in [[gone, good.address], [wrong.address, good.address]] {
      let names = try TestNames(resolvers: resolvers)
      #expect(try await names.raw(TestAnswer.question("example.org", "A")).answers == ["example.org. 60 A 192.0.2.7"])
    }
    let silent = try TestResolver { _ in nil }
    let names = try TestNames(resolvers: [silent.address, good.address])
    for _ in 0..<3 { #expect(try await names.raw(TestAnswer.question("example.org", "A")).answers.count == 1) }
    #expect(silent.asked.count == 1)
  }

  @Test("when no resolver answers it is SERVFAIL, and the cluster's own names are answered meanwhile")
  func allBroken() async throws {
    let silent = try TestResolver { _ in nil }
    let names = try TestNames(resolvers: [silent.address])
    let waiting = Task { try await names.raw(TestAnswer.question("example.org", "A")) }
    #expect(try await names.ask("web.cluster.local")?.answers.count == 1)
    #expect(try await waiting.value.code == 2)
    #expect(silent.asked.count == 2)
  }

  @Test("of questions that others leave unanswered only so many wait: the next is SERVFAIL at once")
  func waitingLimit() async throws {
    let silent = try TestResolver { _ in nil }
    let names = try TestNames(resolvers: [silent.address], waitingLimit: 2)
    let socket = try Datagrams.connect(to: names.address)
    for id in UInt16(1)...3 { _ = try socket.writeNow(TestAnswer.question("example.org", "A", id: id), from: 0) }
    try await Readiness.shared.wait(for: socket, writing: false)
    let first = try #require(try socket.readNow().flatMap { TestAnswer($0) })
    #expect(first.code == 2 && silent.asked.count <= 2)
    #expect(try await names.ask("web.cluster.local")?.answers.count == 1)
  }

  @Test("an external name has what it points to, and without a resolver at least where it points")
  func external() async throws {
    let resolver = try TestResolver { TestAnswer.response(to: $0, ["example.org. 60 IN A 192.0.2.7"]) }
    let found = try #require(await TestNames(resolvers: [resolver.address]).ask("Out.cluster.local"))
    #expect(found.code == 0 && found.answers == ["Out.cluster.local. CNAME example.org.", "example.org. 60 A 192.0.2.7"])
    #expect(TestAnswer(resolver.asked[0])?.question.hasPrefix("example.org. A") == true)
    let cutting = try TestResolver { question in
      TestAnswer.changed(TestAnswer.response(to: question, [])) { ldns_pkt_set_tc($0, true) }
    }
    #expect(try await TestNames(resolvers: [cutting.address]).ask("out.cluster.local")?.isTruncated == true)
    let alone = try #require(await TestNames().ask("out.cluster.local"))
    #expect(alone.code == 2 && alone.answers == ["out.cluster.local. CNAME example.org."])
  }

  @Test("several questions of a connection are answered in order, also in pieces")
  func stream() async throws {
    let names = try TestNames()
    let socket = try Socket.connect(to: names.address)
    var stream = DNSStream(socket)
    let question = TestAnswer.question("web.cluster.local", "A")
    try await stream.send(question, within: .seconds(5))
    let framed = [0, UInt8(question.count)] + question
    for byte in framed {
      try await Readiness.shared.wait(for: socket, writing: true)
      _ = try socket.writeNow([byte], from: 0)
    }
    for _ in 0..<2 {
      let answer = try #require(try await stream.next(within: .seconds(5)))
      #expect(TestAnswer(answer)?.answers.count == 1)
    }
  }
}
