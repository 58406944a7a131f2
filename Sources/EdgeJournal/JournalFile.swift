import CoreObjects
import EdgeLinux
import Glibc

/// The file behind a journal: one row an object, in its present state, so that nothing has to be compacted.
final class JournalFile: @unchecked Sendable {
  static let layout = 1
  /// "wtnk": tells our files from other SQLite databases.
  private static let applicationID = 0x7774_6E6B

  let path: String
  private let database: Database
  private let putStatement: Statement
  private let deleteStatement: Statement
  private let setStatement: Statement
  private let revisionStatement: Statement

  /// - Parameter durable: `synchronous=FULL`; without it a power loss (not a kill) may take the last writes.
  init(directory: String, durable: Bool) throws(JournalError) {
    let path = directory + "/objects.db"
    self.path = path
    // Made by us first: SQLite would let the group read a file that holds Secrets.
    do throws(SystemError) { _ = try Descriptor.open(path, O_RDWR | O_CREAT) } catch {
      throw .unusable(path: path, reason: error.reason)
    }
    do throws(DatabaseError) {
      let database = try Database(path: path)
      let made = try database.integer("PRAGMA schema_version") != 0
      let application = try database.integer("PRAGMA application_id")
      let found = try database.integer("PRAGMA user_version")
      if made, application != JournalFile.applicationID {
        throw DatabaseError(code: 11, message: "a database of another program")
      }
      if made, found != JournalFile.layout { throw DatabaseError(code: JournalFile.otherLayout, message: "\(found)") }
      try database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=\(durable ? "FULL" : "NORMAL")")
      try database.execute("PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY")
      if !made { try database.execute(JournalFile.tables) }
      putStatement = try database.prepare(
        """
        INSERT INTO object (grp, resource, namespace, name, revision, bytes) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes
        """)
      deleteStatement = try database.prepare(
        "DELETE FROM object WHERE grp = ? AND resource = ? AND namespace = ? AND name = ?")
      setStatement = try database.prepare("INSERT OR REPLACE INTO metadata (name, value) VALUES (?, ?)")
      revisionStatement = try database.prepare("UPDATE revision SET last = ? WHERE last < ?")
      self.database = database
    } catch {
      throw JournalFile.refusal(error, path: path, directory: directory)
    }
  }

  /// Stands for "another layout" among SQLite's positive codes.
  private static let otherLayout: Int32 = -1

  private static let tables = """
    BEGIN;
    CREATE TABLE object (
      grp TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
      revision INTEGER NOT NULL, bytes BLOB NOT NULL,
      UNIQUE (grp, resource, namespace, name));
    CREATE TABLE metadata (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE revision (last INTEGER NOT NULL);
    INSERT INTO revision VALUES (0);
    PRAGMA application_id=\(applicationID);
    PRAGMA user_version=\(layout);
    COMMIT;
    """

  private static func refusal(_ error: DatabaseError, path: String, directory: String) -> JournalError {
    if error.code == otherLayout {
      return .otherVersion(path: directory, found: Int(error.message) ?? 0, supported: layout)
    }
    return error.isCorruption ? .corrupt(path: path, reason: error.message) : .unusable(path: path, reason: error.message)
  }

  func contents() throws(JournalError) -> JournalContents {
    do throws(DatabaseError) {
      var contents = JournalContents()
      let rows = try database.prepare(
        "SELECT grp, resource, namespace, name, revision, bytes FROM object ORDER BY grp, resource, namespace, name")
      while try rows.step() {
        let key = ObjectKey(ResourceID(rows.text(0), rows.text(1)), namespace: rows.text(2), rows.text(3))
        contents.objects.append((key, UInt64(bitPattern: rows.integer(4)), rows.bytes(5)))
      }
      let values = try database.prepare("SELECT name, value FROM metadata")
      while try values.step() { contents.metadata[values.text(0)] = values.bytes(1) }
      contents.lastRevision = UInt64(bitPattern: try database.integer("SELECT last FROM revision"))
      return contents
    } catch {
      throw .corrupt(path: path, reason: error.message)
    }
  }

  /// Writes all records or none, and returns once they are on the disk.
  func commit(_ batches: [[JournalEntry]]) throws(JournalError) {
    do throws(DatabaseError) {
      try database.execute("BEGIN IMMEDIATE")
      var last: UInt64 = 0
      for batch in batches {
        for record in batch {
          try write(record)
          last = max(last, record.revision)
        }
      }
      if last > 0 { try revisionStatement.run([.integer(Int64(bitPattern: last)), .integer(Int64(bitPattern: last))]) }
      try database.execute("COMMIT")
    } catch {
      try? database.execute("ROLLBACK")
      throw .writeFailed(reason: "\(path): \(error.message)")
    }
  }

  private func write(_ record: JournalEntry) throws(DatabaseError) {
    switch record {
    case .put(let key, let revision, let bytes):
      try putStatement.run([
        .text(key.resource.group), .text(key.resource.name), .text(key.namespace), .text(key.name),
        .integer(Int64(bitPattern: revision)), .bytes(bytes),
      ])
    case .delete(let key, _):
      try deleteStatement.run([.text(key.resource.group), .text(key.resource.name), .text(key.namespace), .text(key.name)])
    case .set(let name, let value): try setStatement.run([.text(name), .bytes(value)])
    }
  }
}
