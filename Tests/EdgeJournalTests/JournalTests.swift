import CoreObjects
import EdgeJournal
import Foundation
import Testing

@Suite("The journal keeps what it was given")
struct JournalTests {
  @Test("what was appended is there after a restart, in order of its keys")
  func restart() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      #expect(try journal.load().objects.isEmpty)
      #expect(try journal.load().lastRevision == 0)
      try await journal.append([
        .put(key("b"), revision: 1, bytes: [1]), .put(key("a"), revision: 2, bytes: [2, 0, 255]),
        .set(name: "uid", value: Array("x".utf8)),
      ])
      try await journal.append([.put(key("b"), revision: 3, bytes: [])])
      journal.close()

      let contents = try Journal(directory: directory).load()
      #expect(contents.objects.map(\.key.name) == ["a", "b"])
      #expect(contents.objects.map(\.revision) == [2, 3])
      #expect(contents.objects.map(\.bytes) == [[2, 0, 255], []])
      #expect(contents.lastRevision == 3)
      #expect(contents.metadata == ["uid": Array("x".utf8)])
    }
  }

  @Test("a deleted object is gone, and its deletion still raises the last revision")
  func deletion() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      try await journal.append([.put(key("a"), revision: 7, bytes: [1])])
      try await journal.append([.delete(key("a"), revision: 8)])
      let contents = try journal.load()
      #expect(contents.objects.isEmpty)
      #expect(contents.lastRevision == 8)
    }
  }

  @Test("keys that differ in one part only are different objects")
  func keys() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      let keys = [
        ObjectKey(ResourceID("", "pods"), namespace: "", "x"),
        ObjectKey(ResourceID("g", "pods"), namespace: "", "x"),
        ObjectKey(ResourceID("", "jobs"), namespace: "", "x"),
        ObjectKey(ResourceID("", "pods"), namespace: "n", "x"),
        ObjectKey(ResourceID("", "pods"), namespace: "n", "é\u{0}y"),
      ]
      try await journal.append(keys.map { .put($0, revision: 1, bytes: [1]) })
      #expect(Set(try journal.load().objects.map(\.key)) == Set(keys))
    }
  }

  @Test("close writes what was submitted before it, and refuses what comes later")
  func flush() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      for i in 1...500 { journal.submit([.put(key("o\(i)"), revision: UInt64(i), bytes: [9])]) { _ in } }
      journal.close()
      nonisolated(unsafe) var refusal: JournalError?
      journal.submit([.set(name: "late", value: [])]) { if case .failure(let error) = $0 { refusal = error } }
      #expect(refusal == .closed)
      #expect(throws: JournalError.closed) { try journal.load() }
      let contents = try Journal(directory: directory).load()
      #expect(contents.objects.count == 500)
      #expect(contents.lastRevision == 500)
    }
  }

  @Test("a queue at its limit refuses at once and keeps what it had taken")
  func limit() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory, waitingLimit: 3)
      let four = (1...4).map { JournalEntry.put(key("o\($0)"), revision: UInt64($0), bytes: []) }
      await #expect(throws: JournalError.full(limit: 3)) { try await journal.append(four) }
      try await journal.append(Array(four.prefix(3)))
      #expect(try journal.load().objects.count == 3)
    }
  }

  @Test("sixteen submitters at once lose nothing")
  func concurrency() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for submitter in 0..<16 {
          group.addTask {
            for i in 0..<50 {
              try await journal.append([
                .put(key("s\(submitter)-\(i)"), revision: UInt64(submitter * 50 + i + 1), bytes: [1, 2, 3])
              ])
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try journal.load().objects.count == 800)
      #expect(try journal.load().lastRevision == 800)
    }
  }

  @Test("the files that hold Secrets are readable by their owner only")
  func permissions() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory + "/made/here")
      defer { journal.close() }
      for name in ["objects.db", "objects.db-wal", "lock"] {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/made/here/" + name)
        #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
      }
    }
  }
}

func key(_ name: String) -> ObjectKey { ObjectKey(ResourceID("", "configmaps"), namespace: "default", name) }

func inScratch<R>(_ body: (String) async throws -> R) async throws -> R {
  let directory = NSTemporaryDirectory() + "journal-" + UUID().uuidString
  defer { try? FileManager.default.removeItem(atPath: directory) }
  return try await body(directory)
}
