import EdgeLinux
import Foundation
import Synchronization

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
///
/// Not Foundation's `Process`: of Swift 6.3 it reads past a buffer where some 1,360 descriptors are open (swift-corelibs-foundation
/// #5472), as they are in a process that tests servers.
package final class Program: Sendable {
  package struct Outcome: Sendable {
    /// The exit code; 128 + signal where a signal ended it.
    package let status: Int32
    package let output: String
    package let errors: String
  }

  private let child: ChildProcess
  private let status = Mutex<Int32?>(nil)
  private let ended = DispatchSemaphore(value: 0)
  private let folder: String
  private let name: String

  /// - Parameter environment: in addition to that of the test.
  package init(_ path: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]) throws {
    name = ([path] + arguments).joined(separator: " ")
    folder = NSTemporaryDirectory() + "program-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // What the test has open for itself is none of the program's.
    ChildProcess.keepFromPrograms(from: 3)
    let environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    child = try ChildProcess.start(
      path, arguments, environment: environment.map { "\($0.key)=\($0.value)" }, directory: directory,
      streams: [
        .init(try Descriptor.open(folder + "/output", O_WRONLY | O_CREAT), as: 1),
        .init(try Descriptor.open(folder + "/errors", O_WRONLY | O_CREAT), as: 2),
      ])
    Thread.detachNewThread { [self] in collect() }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Runs a program to its end.
  package static func run(
    _ path: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]
  ) async throws -> Outcome {
    try await Program(path, arguments, in: directory, environment: environment).outcome()
  }

  /// Runs a program to its end, for as long as it takes, and keeps the thread waiting.
  package static func runHere(_ path: String, _ arguments: [String]) throws -> Outcome {
    let program = try Program(path, arguments)
    program.ended.wait()
    return program.outcomeNow
  }

  private func collect() {
    let code = child.waitHere()
    status.withLock { $0 = code }
    ended.signal()
  }

  package var output: String { text("output") }
  package var errors: String { text("errors") }
  private func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self)
  }
  private var isRunning: Bool { status.withLock { $0 == nil } }
  private var outcomeNow: Outcome { Outcome(status: status.withLock { $0 ?? -1 }, output: output, errors: errors) }

  package func kill(_ signal: Int32 = SIGKILL) { child.send(signal) }

  /// Waits for its end. One that does not end is killed.
  package func outcome(withinSeconds seconds: Double = 60) async throws -> Outcome {
    try await onThread { [self] in
      guard ended.wait(timeout: .now() + seconds) == .success else {
        kill()
        throw ProgramError(description: "\(name) did not end within \(seconds) s: \(output) \(errors)")
      }
      return outcomeNow
    }
  }

  /// Waits until it has printed `mark`.
  package func waitForOutput(_ mark: String, withinSeconds seconds: Double = 30) async throws {
    try await onThread { [self] in
      let deadline = Date() + seconds
      while !output.contains(mark) {
        guard isRunning, Date() < deadline else {
          kill()
          throw ProgramError(description: "\(name) did not print \"\(mark)\": \(output) \(errors)")
        }
        usleep(5000)
      }
    }
  }
}
