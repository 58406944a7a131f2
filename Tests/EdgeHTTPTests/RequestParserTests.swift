import Testing

@testable import EdgeHTTP

@Suite struct RequestParserTests {
  private let get = "GET / HTTP/1.1\r\nhost: h\r\n"
  private let post = "POST / HTTP/1.1\r\nhost: h\r\n"
  private let limits: HTTPLimits

  init() {
    var limits = HTTPLimits()
    limits.headerBytes = 1000
    limits.headerFields = 32
    limits.bodyBytes = 2000
    self.limits = limits
  }

  @Test(
    "a request whose end two readers could see at different places is refused",
    arguments: [
      "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
      "content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
      "content-length: 3\r\ncontent-length: 4\r\n\r\nabc",
      "content-length: 3, 3\r\n\r\nabc",
      "content-length: +3\r\n\r\nabc",
      "content-length: 0x3\r\n\r\nabc",
      "content-length: 3 3\r\n\r\nabc",
      "content-length: \r\n\r\nabc",
      "content-length : 3\r\n\r\nabc",
      "content-length: 1\r\n 2\r\n\r\nabc",
      "content-length: 99999999999999999999999\r\n\r\n",
      "transfer-encoding: identity\r\n\r\n",
      "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
      "transfer-encoding: chunked\r\n , identity\r\n\r\n0\r\n\r\n",
      "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
      "transfer-encoding: \u{B}chunked\r\n\r\n0\r\n\r\n",
    ])
  func smuggled(_ rest: String) { #expect(read(post + rest).refusal?.status == 400) }

  @Test(
    "a line that ends in CR or LF alone, and what is no header, is refused",
    arguments: [
      "x: 1\ry: 2\r\n\r\n", "x: 1\ny: 2\r\n\r\n", "x:\ry: 2\r\n\r\n", "x: 1\r\n\rGET", "content-length: 3\rx: 1\r\n\r\nabc",
      "transfer-encoding: chunked\rx: 1\r\n\r\n0\r\n\r\n", "x : 1\r\n\r\n", ": 1\r\n\r\n", "x\r\n\r\n", "x: a\0b\r\n\r\n",
      "x: a\u{1}\r\n\r\n", "a b: 1\r\n\r\n",
    ])
  func lines(_ rest: String) { #expect(read(get + rest).refusal?.status == 400) }

  @Test("a line that goes on in the next one is joined with a blank; before the first header there is none to go on")
  func folded() throws {
    let request = try #require(read(get + "x: a\r\n b\r\n\r\n").requests.first).request
    #expect(request.headers.all.map(\.value) == ["h", "a b"])
    #expect(read("GET / HTTP/1.1\r\n content-length: 3\r\n\r\nabc").refusal?.status == 400)
  }

  @Test(
    "a chunk whose size or end is not exact is refused",
    arguments: [
      "3\nabc\r\n0\r\n\r\n", "3\rabc\r\n0\r\n\r\n", "3\r\nabcXX0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\rX0\r\n\r\n",
      " 3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n",
      "-3\r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", "10000000000000003\r\nabc\r\n0\r\n\r\n", "3;x\nabc\r\n0\r\n\r\n",
      "3;x=\"y\r\n\"\r\nabc\r\n0\r\n\r\n", "0\r\nx: 1\ry: 2\r\n\r\n", "0\r\n: 1\r\n\r\n",
    ])
  func chunks(_ body: String) { #expect(read(post + "transfer-encoding: chunked\r\n\r\n" + body).refusal?.status == 400) }

  @Test("chunks are joined, their extensions and what follows the last one are dropped, and the next request is read")
  func wholeChunks() {
    let body = "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: 1\r\n\r\n"
    let found = read(post + "transfer-encoding: chunked\r\n\r\n" + body + get + "\r\n").requests.map(\.request)
    #expect(found.map(\.method) == [.post, .get])
    #expect(found.map(\.body) == [Array("abcde".utf8), []])
    #expect(found.first?.headers["trailer"] == nil)
  }

  @Test("what has no end is refused at its limit: a target, a name, a value, fields, blanks, blank lines, a chunk's extension")
  func endless() {
    let long = String(repeating: "a", count: 5000)
    let start = post + "transfer-encoding: chunked\r\n\r\n3;x="
    for text in [
      "GET /" + long, get + long, get + "x: " + long, get + "x:" + String(repeating: " ", count: 5000),
      String(repeating: "\r\n", count: 2500), start + long, start + "y\r\nabc\r\n0\r\n" + long,
      get + (0..<40).map { "\($0): 1\r\n" }.joined(),
    ] {
      #expect(read(text, pieces: 100).refusal?.status == 431, "\(text.prefix(60))")
    }
    #expect(read(post + "content-length: 2001\r\n\r\n").refusal?.status == 413)
    #expect(read(post + "content-length: 18446744073709551615\r\n\r\n").refusal?.status == 413)
    #expect(read(post + "transfer-encoding: chunked\r\n\r\n7d1\r\n" + long).refusal?.status == 413)
  }

  @Test(
    "other protocols, versions and methods are refused",
    arguments: ["PRI * HTTP/2.0\r\n\r\nSM", "get / HTTP/1.1", "MKCOL / HTTP/1.1", "GET / HTTP/1.2"])
  func foreign(_ line: String) { #expect([400, 501].contains(read(line + "\r\n\r\n").refusal?.status)) }

  @Test("a request that asks for another protocol ends where its body ends, and tells which")
  func upgrade() throws {
    let text = post + "connection: upgrade\r\nupgrade: x\r\ncontent-length: 2\r\n\r\nab"
    let parser = RequestParser(limits: limits)
    let (parsed, used) = try parser.feed(Array((text + "rest").utf8)[...])
    #expect(used == text.utf8.count)
    #expect(parsed?.request.upgrade == "x" && parsed?.request.body == Array("ab".utf8))
    let next = try parser.feed(Array((get + "\r\n").utf8)[...]).parsed?.request
    #expect(next?.method == .get && next?.upgrade == nil)
  }

  @Test("10,000 requests with random mistakes say the same whole and in pieces, and what is accepted has one meaning")
  func fuzz() {
    var random = Xorshift(state: 20_261_128)
    var accepted = 0
    for number in 0..<10_000 {
      let input = mutant(&random)
      let whole = read(input) { $0 }
      let pieces = read(input) { Int.random(in: 1...min($0, 40), using: &random) }
      let text = String(decoding: input, as: UTF8.self).debugDescription
      guard whole.requests.map(description) == pieces.requests.map(description),
        (whole.refusal == nil) == (pieces.refusal == nil), whole.requests.allSatisfy(hasOneMeaning)
      else {
        Issue.record("\(number): \(text) reads \(whole), in pieces \(pieces)")
        return
      }
      accepted += whole.requests.count
    }
    #expect((2_000...20_000).contains(accepted), "\(accepted) requests were accepted: the mistakes are too small or too large")
  }
}

extension RequestParserTests {
  /// All requests that a connection's bytes hold, up to the first one that is refused.
  /// - Parameter step: how many of so many bytes come next.
  private func read(_ input: [UInt8], _ step: (Int) -> Int) -> (requests: [RequestParser.Parsed], refusal: HTTPRefusal?) {
    let parser = RequestParser(limits: limits)
    var requests: [RequestParser.Parsed] = []
    var rest = input[...]
    do {
      while !rest.isEmpty {
        var piece = rest.prefix(step(rest.count))
        rest = rest[piece.endIndex...]
        while !piece.isEmpty {
          let (parsed, used) = try parser.feed(piece)
          if let parsed { requests.append(parsed) }
          piece = piece.dropFirst(used)
        }
      }
      return (requests, nil)
    } catch { return (requests, error) }
  }

  private func read(_ text: String, pieces size: Int = .max) -> (requests: [RequestParser.Parsed], refusal: HTTPRefusal?) {
    read(Array(text.utf8)) { min($0, size) }
  }

  private func description(_ parsed: RequestParser.Parsed) -> String {
    let request = parsed.request
    let line =
      "\(request.method) \(request.path) \(request.query) \(parsed.keepsAlive) \(parsed.isHTTP10) \(request.upgrade ?? "")"
    return "\(line)\n\(request.headers.wire)\n\(request.body)"
  }

  private func hasOneMeaning(_ parsed: RequestParser.Parsed) -> Bool {
    let headers = parsed.request.headers
    let lengths = headers.values("content-length").count
    return lengths <= 1 && (lengths == 0 || headers["transfer-encoding"] == nil)
      && headers.all.allSatisfy { name, value in
        !name.isEmpty && !name.contains { " \t:".contains($0) } && !value.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 }
      }
  }

  /// One to three requests, with up to four mistakes of those that matter.
  private func mutant(_ random: inout Xorshift) -> [UInt8] {
    let bases = [
      get + "\r\n", "GET /a%20b?x=1&y=2 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", post + "content-length: 5\r\n\r\nabcde",
      post + "transfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\nt: 1\r\n\r\n",
      post + "transfer-encoding: gzip, chunked\r\nx: 1\r\n 2\r\n\r\n1\r\na\r\n0\r\n\r\n",
      get + "connection: Upgrade\r\nupgrade: websocket\r\n\r\n", get + "connection: close\r\nx:\r\n\r\n",
      "PUT http://h/x HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nab", "OPTIONS * HTTP/1.1\r\n\r\n",
    ]
    let tokens = [
      "\r", "\n", "\r\n", "\r\n\r\n", "\0", " ", "\t", ":", ";", ",", "0", "9", "f", "\"", "%", "\u{7F}", "chunked", "HTTP/1.1",
      "content-length: 3\r\n", "transfer-encoding: chunked\r\n", "\r\n ", "GET / HTTP/1.1\r\n\r\n",
      String(repeating: "a", count: 700),
    ]
    var bytes = (0..<Int.random(in: 1...3, using: &random)).flatMap { _ in Array(bases.randomElement(using: &random)!.utf8) }
    for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default: bytes.insert(contentsOf: tokens.randomElement(using: &random)!.utf8, at: place)
      }
    }
    return bytes
  }
}

extension RequestParser {
  fileprivate func feed(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> (parsed: Parsed?, used: Int) {
    try bytes.span.withUnsafeBytes { (bytes) throws(HTTPRefusal) in try feed(bytes) }
  }
}

/// The same numbers at each run.
private struct Xorshift: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
