import CoreNode
import EdgeLinux
import EdgeNetwork

/// One GET whose answer's status is all that counts.
struct HTTPProbe {
  var host: String
  var port: UInt16
  var path: String
  var headers: [EnvironmentVariable]

  /// Success is a status from 200 to 399 (kubernetes/pkg/probe/http, v1.36).
  func send(over network: ClusterNetwork, timeout: Duration) async throws -> (Bool, String) {
    let end = ContinuousClock().now + timeout
    let connection = try await network.connect(host, port: port, timeout: timeout)
    try await connection.write(Array(request.utf8))
    var answer: [UInt8] = []
    // "HTTP/1.1 200"
    while answer.count < 12 {
      let left = end - ContinuousClock().now
      try await Readiness.shared.wait(for: connection, writing: false, timeout: max(.zero, left), what: "\(host):\(port)")
      guard let bytes = try connection.readNow() else { continue }
      if bytes.isEmpty { return (false, "the connection ended before an answer") }
      answer += bytes
    }
    let words = String(decoding: answer.prefix(12), as: UTF8.self).split(separator: " ")
    guard words.count == 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      return (false, "the answer is not HTTP/1.1")
    }
    return ((200..<400).contains(status), "HTTP status \(status)")
  }

  private var request: String {
    var lines = ["GET \(path.hasPrefix("/") ? path : "/" + path) HTTP/1.1"]
    if !headers.contains(where: { $0.name.lowercased() == "host" }) { lines.append("Host: \(host):\(port)") }
    lines += ["User-Agent: kube-probe/1.36", "Accept: */*", "Connection: close"]
    for header in headers { lines.append("\(header.name): \(header.value)") }
    return (lines + ["", ""]).map { line in line.filter { $0 != "\r" && $0 != "\n" } }.joined(separator: "\r\n")
  }
}
