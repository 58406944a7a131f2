import CoreObjects
import EdgeJournal
import Foundation
import Testing

/// The instant of a kill is what the disk holds at that instant: a copy of the files while the journal is being written.
@Suite("The journal survives a kill at any instant")
struct JournalCrashTests {
  @Test("a copy taken while writing holds everything that was acknowledged before it, and only whole units")
  func copiesWhileWriting() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory + "/live")
      let acknowledged = Acknowledged()
      let writing = Task {
        var revision: UInt64 = 0
        // Fewer pages than bring on a checkpoint, which would come between the copies of the two files.
        while !Task.isCancelled, revision < 1600 {
          revision += 2
          // Two objects that must never be seen apart.
          try await journal.append([
            .put(key("left"), revision: revision - 1, bytes: Array("\(revision)".utf8)),
            .put(key("right"), revision: revision, bytes: Array("\(revision)".utf8)),
          ])
          await acknowledged.set(revision)
        }
      }
      while await acknowledged.revision < 20 { await Task.yield() }
      for i in 0..<20 {
        let before = await acknowledged.revision
        let copy = directory + "/copy\(i)"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for name in ["objects.db", "objects.db-wal"] {
          try FileManager.default.copyItem(atPath: directory + "/live/" + name, toPath: copy + "/" + name)
        }
        let contents = try Journal(directory: copy).load()
        #expect(contents.objects.count == 2)
        #expect(contents.objects[0].bytes == contents.objects[1].bytes)
        #expect(contents.lastRevision >= before)
      }
      writing.cancel()
      _ = await writing.result
    }
  }

  @Test(
    "a log that was cut anywhere opens, with a state that was once whole", arguments: [1, 31, 32, 100, 4000, 4151, 4152, 9000])
  func cutLog(bytesLost: Int) async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory + "/live")
      for i in 1...20 {
        try await journal.append([
          .put(key("left"), revision: UInt64(i), bytes: [UInt8(i)]), .put(key("right"), revision: UInt64(i), bytes: [UInt8(i)]),
        ])
      }
      let copy = directory + "/copy"
      try FileManager.default.copyItem(atPath: directory + "/live", toPath: copy)
      let log = try #require(FileHandle(forUpdatingAtPath: copy + "/objects.db-wal"))
      let size = try log.seekToEnd()
      try log.truncate(atOffset: size - UInt64(bytesLost))
      try log.close()
      let contents = try Journal(directory: copy).load()
      #expect(contents.objects.count == 2)
      #expect(contents.objects[0].bytes == contents.objects[1].bytes)
      #expect(contents.lastRevision == UInt64(contents.objects[0].bytes[0]))
      #expect(contents.lastRevision < 20)
    }
  }
}

private actor Acknowledged {
  private(set) var revision: UInt64 = 0
  func set(_ value: UInt64) { revision = value }
}
