import Foundation

/// Runs blocking work on a thread of its own: those of Swift's pool are as few as the cores, and what is tested needs them.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

package struct ProgramError: Error, CustomStringConvertible {
  package let description: String
  package init(description: String) { self.description = description }
}

/// A program that runs beside the test, with its output in a file.
package final class Program: @unchecked Sendable {
  package struct Outcome: Sendable {
    /// The exit code, or the signal that ended it.
    package let status: Int32
    package let output: String
    package let errors: String
  }

  private let process = Process()
  private let ended = DispatchSemaphore(value: 0)
  private let folder: String
  private let name: String

  /// - Parameter environment: in addition to that of the test.
  package init(_ path: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]) throws {
    name = ([path] + arguments).joined(separator: " ")
    folder = NSTemporaryDirectory() + "program-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Program.file(folder + "/output")
    process.standardError = try Program.file(folder + "/errors")
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Runs a program to its end.
  package static func run(
    _ path: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]
  ) async throws -> Outcome {
    try await Program(path, arguments, in: directory, environment: environment).outcome()
  }

  private static func file(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path) else {
      throw ProgramError(description: "cannot write \(path)")
    }
    return handle
  }

  package var output: String { text("output") }
  package var errors: String { text("errors") }
  private func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self)
  }

  package func kill(_ signal: Int32 = SIGKILL) { Foundation.kill(process.processIdentifier, signal) }

  /// Waits for its end. One that does not end is killed.
  package func outcome(withinSeconds seconds: Double = 60) async throws -> Outcome {
    try await onThread { [self] in
      guard ended.wait(timeout: .now() + seconds) == .success else {
        kill()
        throw ProgramError(description: "\(name) did not end within \(seconds) s: \(output) \(errors)")
      }
      return Outcome(status: process.terminationStatus, output: output, errors: errors)
    }
  }

  /// Waits until it has printed `mark`.
  package func waitForOutput(_ mark: String, withinSeconds seconds: Double = 30) async throws {
    try await onThread { [self] in
      let deadline = Date() + seconds
      while !output.contains(mark) {
        guard process.isRunning, Date() < deadline else {
          kill()
          throw ProgramError(description: "\(name) did not print \"\(mark)\": \(output) \(errors)")
        }
        usleep(5000)
      }
    }
  }
}
