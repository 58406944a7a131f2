package import EdgeLinux

/// Carries out what changes a network: in a namespace, or in the one that this program runs in.
package struct NetworkTools: Sendable {
  private let namespace: NetworkNamespace?

  /// - Parameter namespace: nil is the machine's
  package init(_ namespace: NetworkNamespace?) { self.namespace = namespace }

  /// A file that is the namespace.
  package var path: String { namespace?.path ?? "/proc/\(Machine.processID)/ns/net" }

  /// Carries out lines of `ip -batch`, all or up to the first that fails.
  /// - Throws: `NetworkError`
  package func link(_ lines: [String]) async throws {
    let (code, output) = try await run("ip", ["-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    if code != 0 { throw NetworkError.refused(lines: lines, output: output) }
  }

  /// Carries out a script of nft, all of it or nothing.
  /// - Throws: `NetworkError`
  package func filter(_ script: String) async throws {
    let (code, output) = try await run("nft", ["-f", "-"], input: script)
    if code != 0 { throw NetworkError.refusedRules(output: output) }
  }

  /// Carries out lines of `tc -batch`, all or up to the first that fails.
  /// - Throws: `NetworkError`
  package func shape(_ lines: [String]) async throws {
    let (code, output) = try await run("tc", ["-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    if code == 0 { return }
    throw output.contains("qdisc kind is unknown") ? NetworkError.noQueue : .refused(lines: lines, output: output)
  }

  /// What a tool prints; nil where it fails.
  package func ask(_ tool: String, _ arguments: [String]) async throws -> String? {
    let (code, output) = try await run(tool, arguments, input: "")
    return code == 0 ? output : nil
  }

  /// A setting of /proc/sys/net.
  package func setting(_ name: String) throws(SystemError) -> String {
    try inside { () throws(SystemError) in try Files.readText("/proc/sys/net/" + name) }
  }

  package func set(_ name: String, _ value: String) throws(SystemError) {
    try inside { () throws(SystemError) in try Files.set("/proc/sys/net/" + name, value) }
  }

  func inside<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
    guard let namespace else { return try body() }
    return try namespace.inside(body)
  }

  private func run(_ tool: String, _ arguments: [String], input: String) async throws -> (code: Int32, output: String) {
    try await ChildProcess.run(
      "/usr/bin/nsenter", ["--net=" + path, tool] + arguments, input: Array(input.utf8), timeout: .seconds(30))
  }
}
