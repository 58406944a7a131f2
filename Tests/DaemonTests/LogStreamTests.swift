import EdgeHTTP
import EdgeLinux
import Foundation
import Glibc
import Synchronization
import Testing

@testable import CoreAPI
@testable import Daemon

@Suite("What 'kubectl logs' reads", .timeLimit(.minutes(1)))
struct LogStreamTests {
  private let directory: String
  private var path: String { directory + "/0.log" }

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  private func append(_ numbers: Range<Int>, to name: String = "0.log") throws {
    let file = try Descriptor.open(directory + "/" + name, O_WRONLY | O_CREAT | O_APPEND)
    for number in numbers { try file.writeAll(Array("2026-11-29T20:00:00.000000000Z stdout F \(number)\n".utf8)) }
  }

  /// As when the file is full.
  private func rotate(_ name: String) throws { try Files.rename(path, to: path + "." + name) }

  @Test("only the file that is written now, as from a kubelet")
  func latest() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try append(0..<3)
    try rotate("20261129-200000")
    try append(3..<5)
    let bytes = ByteStream()
    await LogStream(path: path, options: LogOptions()) { false }.send(to: bytes)
    var text: [UInt8] = []
    while let more = await bytes.read() { text += more }
    #expect(String(decoding: text, as: UTF8.self) == "3\n4\n")
  }

  @Test("who follows loses nothing when files are full, also several at once")
  func following() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try append(0..<10)
    var options = LogOptions()
    options.follow = true
    let isRunning = Mutex(true)
    let bytes = ByteStream()
    let sending = Task { [path, options] in
      await LogStream(path: path, options: options) { isRunning.withLock { $0 } }.send(to: bytes)
    }
    var text: [UInt8] = []
    func readUntil(_ last: String) async {
      while !String(decoding: text, as: UTF8.self).hasSuffix("\n" + last + "\n"), let more = await bytes.read() { text += more }
    }
    await readUntil("9")
    try append(10..<20)
    try rotate("20261129-200000")
    try append(20..<30)
    try rotate("20261129-200001")
    try append(30..<40)
    await readUntil("39")
    try append(40..<45)
    try rotate("20261129-200002")
    // What is written last, at the container's end.
    try append(45..<50)
    isRunning.withLock { $0 = false }
    await readUntil("49")
    await sending.value
    #expect(String(decoding: text, as: UTF8.self) == (0..<50).map { "\($0)\n" }.joined())
  }
}
