import CoreObjects
import EdgeLinux
import Foundation
import Synchronization
import Testing

@testable import EdgeRuntime

@Suite("Logs of containers")
struct ContainerLogTests {
  private let directory: String
  private var path: String { directory + "/0.log" }

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  private var limits: RotatedLogs.Limits {
    var limits = RotatedLogs.Limits()
    (limits.bytes, limits.files) = (1000, 4)
    return limits
  }

  /// Has a container write these lines, each at once.
  private func write(_ lines: [String], _ log: ContainerLog) async throws {
    for line in lines {
      let (reader, writer) = try Descriptor.pipe()
      reader.setNonBlocking()
      try writer.writeAll(Array((line + "\n").utf8))
      let order = try ReadyOrder([reader])
      let copying = Task { await log.copy([(reader, .stdout)], order) }
      withExtendedLifetime(writer) {}
      _ = consume writer
      await copying.value
    }
    await log.settle()
  }

  private func lines(_ text: String) -> [Int] {
    text.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst(3).first.flatMap { Int($0) } }
  }

  @Test("a full file is put aside, the older ones are packed, and there are never more than so many")
  func rotation() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let moment = Instant(seconds: 1_790_000_000)
    let log = try ContainerLog(path: path, limits: limits) { moment }
    try await write((100..<200).map { "\($0) " + String(repeating: "x", count: 60) }, log)
    let names = try Files.list(directory).sorted()
    let full = names.filter { $0 != "0.log" }
    #expect(names.count == 4 && full.count == 3, "\(names)")
    #expect(full.allSatisfy { $0.wholeMatch(of: /0\.log\.20260921-\d{6}(\.gz)?/) != nil }, "\(names)")
    #expect(full.map { $0.hasSuffix(".gz") } == [true, true, false])
    var all: [Int] = []
    for name in full.filter({ $0.hasSuffix(".gz") }) {
      all += lines(try #require(ChildProcess.output("/bin/gzip", ["-dc", directory + "/" + name])))
    }
    let readable = RotatedLogs(of: path).readable
    #expect(readable == [directory + "/" + full[2], path])
    for file in readable { all += lines(try Files.readText(file)) }
    // The newest without a gap: some have gone with their files.
    #expect(all == Array((all.first ?? 0)..<200) && all.count > 20 && all.count < 60, "\(all)")
  }

  @Test(
    "who attaches hears the first words where the container may have somebody who types",
    arguments: [(ContainerLog.Early.never, ""), (.soon, "1\n"), (.always, "1\n")])
  func early(_ early: ContainerLog.Early, heard: String) async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let log = try ContainerLog(path: path, early: early) { Instant(seconds: 0) }
    try await write(["1"], log)
    let said = Mutex("")
    log.follow { bytes, _ in
      said.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
      return true
    }
    #expect(said.withLock { $0 } == heard)
  }

  @Test("a log that is not full has one file")
  func small() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let log = try ContainerLog(path: path, limits: limits) { Instant(seconds: 0) }
    try await write(["1", "2"], log)
    #expect(try Files.list(directory) == ["0.log"])
    #expect(lines(try Files.readText(path)) == [1, 2])
  }
}
