/// What a cluster must not forget, in one directory.
///
/// All writes that wait go to the disk in one transaction (as etcd's and raft's batches do); then each submitter hears of
/// its own. A write whose completion was told survives a kill at any instant, and a loss of power where `durable` is true.
package final class Journal: Sendable {
  private let writer: JournalWriter

  /// Makes the directory where it is missing, locks it and opens what is in it.
  package init(directory: String, durable: Bool = true, waitingLimit: Int = 100_000) throws(JournalError) {
    writer = try JournalWriter(directory: directory, durable: durable, waitingLimit: waitingLimit)
    writer.start()
  }

  deinit { writer.close() }

  /// Everything that is kept. Meant for the start, before the first `submit`.
  package func load() throws(JournalError) -> JournalContents { try writer.contents() }

  /// Puts the records, as one unit, behind those that wait already. Never blocks. The completion is called once: from the
  /// writing thread (which it must not keep), or at once where the journal is full, closed or has failed.
  package func submit(_ records: [JournalEntry], completion: @escaping @Sendable (Result<Void, JournalError>) -> Void) {
    writer.submit(records, completion)
  }

  /// Returns when the records are kept.
  package func append(_ records: [JournalEntry]) async throws(JournalError) {
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, JournalError>, Never>) in
      writer.submit(records) { continuation.resume(returning: $0) }
    }
    try result.get()
  }

  /// Writes what waits, ends the writing thread and frees the directory. Later submissions are refused. Not to be called
  /// from a completion.
  package func close() { writer.close() }
}
