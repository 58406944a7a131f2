import CSQLite
import CoreObjects
import EdgeJournal
import Foundation
import TestMachine
import Testing

@Suite("The journal says why it cannot be opened")
struct JournalRefusalTests {
  @Test("a directory that another journal holds is in use, and the error names the process")
  func inUse() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      #expect(throws: JournalError.inUse(path: directory, process: Int(getpid()))) { try Journal(directory: directory) }
      journal.close()
      try Journal(directory: directory).close()
    }
  }

  @Test("a closed journal's directory is free, although a child between fork and exec still holds the lock's file")
  func copiedLock() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      let copy = try #require(copyOfDescriptor(onFile: directory + "/lock"))
      defer { close(copy) }
      #expect(throws: JournalError.self) { try Journal(directory: directory) }
      journal.close()
      try Journal(directory: directory).close()
    }
  }

  @Test("data of another layout is refused and left as it is")
  func otherVersion() async throws {
    try await inScratch { directory in
      try Journal(directory: directory).close()
      sql("PRAGMA user_version=9", in: directory)
      #expect(throws: JournalError.otherVersion(path: directory, found: 9, supported: 1)) { try Journal(directory: directory) }
      sql("PRAGMA user_version=1", in: directory)
      try Journal(directory: directory).close()
    }
  }

  @Test(
    "a file that is no journal is refused as damaged and left as it is",
    arguments: [Data("this is a letter, not a database, and it is longer than a header of SQLite's".utf8), Data(count: 4096)])
  func notADatabase(bytes: Data) async throws {
    try await inScratch { directory in
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let path = directory + "/objects.db"
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: JournalError.self) { try Journal(directory: directory) }
      guard case .corrupt(path, _) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }
  }

  @Test("another program's database is refused")
  func otherProgram() async throws {
    try await inScratch { directory in
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      sql("CREATE TABLE bookmarks (url TEXT)", in: directory)
      let error = #expect(throws: JournalError.self) { try Journal(directory: directory) }
      #expect(error?.description.contains("another program") == true)
    }
  }

  @Test("damage in the middle of the file is found when it is loaded")
  func damagedPages() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      let bytes = [UInt8](repeating: 65, count: 2000)
      try await journal.append((1...200).map { .put(key("o\($0)"), revision: UInt64($0), bytes: bytes) })
      journal.close()
      let handle = try #require(FileHandle(forWritingAtPath: directory + "/objects.db"))
      try handle.seek(toOffset: 8192)
      handle.write(Data(repeating: 0xEE, count: 40 * 4096))
      try handle.close()
      let error = #expect(throws: JournalError.self) { try Journal(directory: directory).load() }
      guard case .corrupt = error else {
        Issue.record("\(error as Any)")
        return
      }
    }
  }

  @Test("a path that is no directory is refused with the kernel's reason")
  func noDirectory() throws {
    let error = #expect(throws: JournalError.self) { try Journal(directory: "/dev/null/x") }
    #expect(error == .unusable(path: "/dev/null/x", reason: "Not a directory"))
  }

  @Test("a write that fails is told, keeps nothing of its transaction, and stops the journal")
  func failedWrite() async throws {
    try await inScratch { directory in
      let journal = try Journal(directory: directory)
      try await journal.append([.put(key("kept"), revision: 1, bytes: [1])])
      sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON object WHEN new.name = 'bad' BEGIN SELECT RAISE(ABORT, 'no room'); END",
        in: directory)
      let error = await #expect(throws: JournalError.self) {
        try await journal.append([.put(key("half"), revision: 2, bytes: [1]), .put(key("bad"), revision: 3, bytes: [1])])
      }
      #expect(error?.description.contains("no room") == true)
      await #expect(throws: JournalError.self) { try await journal.append([.put(key("after"), revision: 4, bytes: [1])]) }
      #expect(try journal.load().objects.map(\.key.name) == ["kept"])
      #expect(try journal.load().lastRevision == 1)
    }
  }
}

private func sql(_ statement: String, in directory: String) {
  var handle: OpaquePointer?
  #expect(sqlite3_open(directory + "/objects.db", &handle) == SQLITE_OK)
  #expect(sqlite3_exec(handle, statement, nil, nil, nil) == SQLITE_OK)
  sqlite3_close(handle)
}
