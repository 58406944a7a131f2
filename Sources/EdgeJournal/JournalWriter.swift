import EdgeLinux
import Synchronization

/// The queue and the one thread that empties it.
final class JournalWriter: @unchecked Sendable {
  typealias Completion = @Sendable (Result<Void, JournalError>) -> Void

  /// Bytes that may wait, whatever the number of records.
  private static let waitingBytesLimit = 256 << 20

  private struct Queue {
    var batches: [[JournalEntry]] = []
    var completions: [Completion] = []
    var records = 0
    var bytes = 0
    var closing = false
    /// Set by the first write that fails; never cleared.
    var failure: JournalError?
    var isWriting = false
  }

  private let waitingLimit: Int
  private let queue = Mutex(Queue())
  /// Signalled each time that the queue stops being empty.
  private let filled = Semaphore()
  private let ended = Semaphore()
  /// The file and its lock; nil when closed. Touched by the writing thread and, before its start and after its end, by the owner.
  private let storage: Mutex<Storage?>

  private struct Storage: ~Copyable {
    let lock: DirectoryLock
    let file: JournalFile
  }

  init(directory: String, durable: Bool, waitingLimit: Int) throws(JournalError) {
    let lock = try JournalWriter.lock(directory)
    let file = try JournalFile(directory: directory, durable: durable)
    self.waitingLimit = waitingLimit
    storage = Mutex(Storage(lock: lock, file: file))
  }

  private static func lock(_ directory: String) throws(JournalError) -> DirectoryLock {
    do throws(SystemError) { try Files.makeDirectories(directory, mode: 0o700) } catch {
      throw .unusable(path: directory, reason: error.reason)
    }
    do throws(DirectoryLock.Failure) { return try DirectoryLock(directory) } catch {
      switch error {
      case .inUse(let process): throw .inUse(path: directory, process: process)
      case .unusable(let error): throw .unusable(path: directory, reason: error.reason)
      }
    }
  }

  func start() {
    queue.withLock { $0.isWriting = true }
    PosixThread.start {
      self.run()
      self.ended.signal()
    }
  }

  func contents() throws(JournalError) -> JournalContents {
    let file: JournalFile? = storage.withLock { storage in
      if storage == nil { return nil }
      return storage?.file
    }
    guard let file else { throw .closed }
    return try file.contents()
  }

  func submit(_ records: [JournalEntry], _ completion: @escaping Completion) {
    let bytes = records.reduce(0) { $0 + $1.byteCount }
    let refusal: JournalError? = queue.withLock { queue in
      if let failure = queue.failure { return failure }
      if queue.closing { return .closed }
      if queue.records + records.count > waitingLimit || queue.bytes + bytes > JournalWriter.waitingBytesLimit {
        return .full(limit: waitingLimit)
      }
      queue.batches.append(records)
      queue.completions.append(completion)
      queue.records += records.count
      queue.bytes += bytes
      if queue.batches.count == 1 { filled.signal() }
      return nil
    }
    if let refusal { completion(.failure(refusal)) }
  }

  func close() {
    let isWriting = queue.withLock { queue in
      queue.closing = true
      defer { queue.isWriting = false }
      return queue.isWriting
    }
    guard isWriting else { return }
    filled.signal()
    ended.wait()
    storage.withLock { $0 = nil }
  }

  private func run() {
    while true {
      filled.wait()
      let (batches, completions, failure, closing) = queue.withLock { queue in
        let taken = (queue.batches, queue.completions, queue.failure, queue.closing)
        queue.batches = []
        queue.completions = []
        queue.records = 0
        queue.bytes = 0
        return taken
      }
      if !batches.isEmpty {
        let result: Result<Void, JournalError>
        if let failure { result = .failure(failure) } else { result = commit(batches) }
        for completion in completions { completion(result) }
      }
      if closing { return }
    }
  }

  private func commit(_ batches: [[JournalEntry]]) -> Result<Void, JournalError> {
    let file: JournalFile? = storage.withLock { storage in
      if storage == nil { return nil }
      return storage?.file
    }
    guard let file else { return .failure(.closed) }
    do throws(JournalError) {
      try file.commit(batches)
      return .success(())
    } catch {
      queue.withLock { $0.failure = error }
      return .failure(error)
    }
  }
}
