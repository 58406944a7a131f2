import Foundation
import TestMachine
import Testing

@testable import EdgeHTTP

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
  let authority: CertificateAuthority
  let files: [String]
  let test: TestServer

  init() throws {
    authority = try CertificateAuthority(named: "test-ca")
    let identity = try authority.issueServer(commonName: "server", names: ["localhost", "127.0.0.1"])
    test = try TestServer(tls: TLSContext(server: identity, clientAuthorities: authority.certificatePEM))
    files = [try temporaryFile(authority.certificatePEM, ".pem")]
  }

  func curl(_ arguments: [String]) async throws -> String {
    let result = try await Program.run("/usr/bin/curl", ["-s", "--cacert", files[0]] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  func curl(_ arguments: [String], as identity: Identity) async throws -> String {
    let certificate = try temporaryFile(identity.certificatePEM, ".crt")
    let key = try temporaryFile(identity.keyPEM, ".key")
    return try await curl(["--cert", certificate, "--key", key] + arguments)
  }

  @Test("a client certificate of the CA is reported with its name and organizations", arguments: ["--http1.1", "--http2"])
  func clientCertificate(version: String) async throws {
    let identity = try authority.issueClient(commonName: "admin", organizations: ["system:masters", "ops"])
    let text = try await curl([version, "https://127.0.0.1:\(test.port)/whoami"], as: identity)
    #expect(text == "admin system:masters+ops verified\n")
  }

  @Test("a certificate of another CA does not drop the connection: it is reported as not verified")
  func strangerCertificate() async throws {
    let identity = try CertificateAuthority(named: "other").issueClient(commonName: "admin", organizations: ["system:masters"])
    let text = try await curl(["https://127.0.0.1:\(test.port)/whoami"], as: identity)
    #expect(text.hasPrefix("admin system:masters "))
    #expect(!text.contains("verified") || text.contains("unable"))
  }

  @Test("an expired certificate, and one that is not for clients, are reported as not verified")
  func unusableCertificates() async throws {
    let expired = try authority.issueClient(commonName: "old", days: -1)
    #expect(try await curl(["https://127.0.0.1:\(test.port)/whoami"], as: expired).contains("expired"))
    let server = try authority.issueServer(commonName: "srv", names: ["srv"])
    #expect(!(try await curl(["https://127.0.0.1:\(test.port)/whoami"], as: server).hasSuffix(" verified\n")))
  }

  @Test("HTTP/2 carries bodies both ways, chunk lists, HEAD and large answers")
  func http2() async throws {
    let base = "https://localhost:\(test.port)"
    #expect(try await curl(["--http2", "-w", "%{http_version}", base + "/a?b=c"]) == "GET /a [b=c] 0\n2")
    #expect(try await curl(["--http2", "-d", "@" + files[0], base + "/post"]).hasPrefix("POST /post [] "))
    #expect(try await curl(["--http2", base + "/chunks"]) == (0..<1000).map { "\($0)," }.joined())
    #expect(try await curl(["--http2", base + "/big"]).utf8.count == 5_000_000)
    #expect(try await curl(["--http2", "-I", base + "/chunks"]).hasPrefix("HTTP/2 200"))
  }

  @Test("HTTP/2: a body above the limit is answered with 413, a header above the limit with 431")
  func http2Limits() async throws {
    let large = try temporaryFile([UInt8](repeating: 0x61, count: 4_000_000), ".bin")
    let base = "https://127.0.0.1:\(test.port)/"
    #expect(try await curl(["--http2", "-o", "/dev/null", "-w", "%{http_code}", "-T", large, base]) == "413")
    // curl itself sends no more than 64 KiB, so the limit is lowered.
    var limits = HTTPLimits()
    limits.headerBytes = 16 << 10
    let strict = try TestServer(
      tls: TLSContext(server: authority.issueServer(commonName: "server", names: ["127.0.0.1"])), limits: limits)
    let headers = (0..<5).flatMap { ["-H", "x\($0): " + String(repeating: "y", count: 4000)] }
    let arguments = ["--http2", "-o", "/dev/null", "-w", "%{http_code}"] + headers
    #expect(try await curl(arguments + ["https://127.0.0.1:\(strict.port)/"]) == "431")
    #expect(try await curl(arguments + [base]) == "200")
  }

  @Test("HTTP/2: a stream is delivered as it is offered and ends in order")
  func http2Stream() async throws {
    let identity = try authority.issueServer(commonName: "server", names: ["127.0.0.1"])
    let test = try TestServer(tls: TLSContext(server: identity)) { _ in
      let stream = ByteStream(maximumBytes: 1000, maximumCount: 10)
      Task.detached {
        for index in 0..<5_000 { _ = await stream.write(Array("\(index);".utf8)) }
        stream.finish()
      }
      return HTTPResponse(status: 200, body: .stream(stream))
    }
    #expect(try await curl(["--http2", "https://127.0.0.1:\(test.port)/"]) == (0..<5_000).map { "\($0);" }.joined())
  }

  @Test("bytes that are no TLS end the connection and nothing else")
  func notTLS() async throws {
    let client = try RawClient(port: test.port)
    client.send("GET / HTTP/1.1\r\n\r\n")
    _ = try await client.receiveAll()
    #expect(try await curl(["https://127.0.0.1:\(test.port)/still"]) == "GET /still [] 0\n")
  }
}

@Suite(.timeLimit(.minutes(1))) struct CertificateTests {
  @Test("a signature verifies with its key and not over other bytes, with another key or cut short")
  func tokens() throws {
    let key = try PrivateKey()
    let signer = TokenSigner(key: key)
    let message = Array("header.payload".utf8)
    let signature = try signer.sign(message)
    #expect(signature.count == 64)
    #expect(signer.algorithm == "ES256")
    #expect(TokenSigner(key: try PrivateKey(pem: key.pem)).verify(message, signature: signature))
    #expect(signer.keyID == TokenSigner(key: try PrivateKey(pem: key.pem)).keyID)
    #expect(!signer.verify(message + [0], signature: signature))
    #expect(!signer.verify(message, signature: Array(signature.dropLast())))
    #expect(!TokenSigner(key: try PrivateKey()).verify(message, signature: signature))
  }

  @Test("an authority read back from PEM issues certificates that openssl verifies")
  func roundTrip() async throws {
    let first = try CertificateAuthority(named: "ca")
    let authority = try CertificateAuthority(certificatePEM: first.certificatePEM, keyPEM: first.keyPEM)
    let leaf = try authority.issueServer(commonName: "s", names: ["a.example", "10.96.0.1", "::1"])
    let root = try temporaryFile(authority.certificatePEM, ".pem")
    let file = try temporaryFile(leaf.certificatePEM, ".crt")
    let result = try await Program.run(
      "/usr/bin/openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root, file])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    let text = try await Program.run("/usr/bin/openssl", ["x509", "-in", file, "-noout", "-ext", "subjectAltName"]).output
    #expect(text.contains("DNS:a.example, IP Address:10.96.0.1, IP Address:0:0:0:0:0:0:0:1"))
    #expect(try Certificate(pem: leaf.certificatePEM).remainingSeconds > 364 * 86_400)
  }

  @Test("a key that does not belong to the certificate, and text that is no PEM, are refused")
  func refused() throws {
    let one = try CertificateAuthority(named: "one")
    let two = try CertificateAuthority(named: "two")
    #expect(throws: CertificateError.self) { try CertificateAuthority(certificatePEM: one.certificatePEM, keyPEM: two.keyPEM) }
    #expect(throws: CertificateError.self) { try Certificate(pem: Array("nonsense".utf8)) }
    #expect(throws: CertificateError.self) { try one.issueServer(commonName: "s", names: ["a,DNS:b"]) }
  }
}
