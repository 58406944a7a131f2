import Glibc
import Synchronization

/// The queue and the one thread that empties it.
final class JournalWriter: @unchecked Sendable {
  typealias Completion = @Sendable (Result<Void, JournalError>) -> Void

  /// Bytes that may wait, whatever the number of records.
  private static let waitingBytesLimit = 256 << 20

  private struct Queue {
    var batches: [[JournalRecord]] = []
    var completions: [Completion] = []
    var records = 0
    var bytes = 0
    var closing = false
    /// Set by the first write that fails; never cleared.
    var failure: JournalError?
    var thread: pthread_t?
  }

  private let waitingLimit: Int
  private let queue = Mutex(Queue())
  /// Counts the times that the queue stopped being empty.
  private let wake: UnsafeMutablePointer<sem_t>
  /// The file and its lock; nil when closed. Touched by the writing thread and, before its start and after its end, by the owner.
  private let storage: Mutex<Storage?>

  private struct Storage: ~Copyable {
    let lock: DirectoryLock
    let file: JournalFile
  }

  init(directory: String, durable: Bool, waitingLimit: Int) throws(JournalError) {
    try JournalWriter.makeDirectory(directory)
    let lock = try DirectoryLock(directory: directory)
    let file = try JournalFile(directory: directory, durable: durable)
    self.waitingLimit = waitingLimit
    storage = Mutex(Storage(lock: lock, file: file))
    wake = .allocate(capacity: 1)
    sem_init(wake, 0, 0)
  }

  deinit {
    sem_destroy(wake)
    wake.deallocate()
  }

  private static func makeDirectory(_ path: String) throws(JournalError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, 0o700) != 0, errno != EEXIST { throw .unusable(path: path, reason: String(cString: strerror(errno))) }
    }
  }

  func start() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<JournalWriter>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    precondition(code == 0, "the kernel has no room for one thread")
    queue.withLock { $0.thread = thread }
  }

  func contents() throws(JournalError) -> JournalContents {
    let file: JournalFile? = storage.withLock { storage in
      if storage == nil { return nil }
      return storage?.file
    }
    guard let file else { throw .closed }
    return try file.contents()
  }

  func submit(_ records: [JournalRecord], _ completion: @escaping Completion) {
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
      if queue.batches.count == 1 { sem_post(wake) }
      return nil
    }
    if let refusal { completion(.failure(refusal)) }
  }

  func close() {
    let thread: pthread_t? = queue.withLock { queue in
      queue.closing = true
      defer { queue.thread = nil }
      return queue.thread
    }
    guard let thread else { return }
    sem_post(wake)
    pthread_join(thread, nil)
    storage.withLock { $0 = nil }
  }

  private func run() {
    while true {
      while sem_wait(wake) != 0 {}
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

  private func commit(_ batches: [[JournalRecord]]) -> Result<Void, JournalError> {
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
