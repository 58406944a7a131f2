import CoreObjects
import EdgeLinux
import Glibc
import Synchronization

/// Writes what a container says as kubelet's clients read it (CRI: `<time> stdout|stderr F|P <text>`), in cluster time.
final class ContainerLog: Sendable {
  enum Source: String { case stdout, stderr }
  /// What the container wrote; empty bytes: that stream is at its end. False: no more, please. It must not wait: the log waits for it.
  typealias Follower = @Sendable (_ bytes: [UInt8], _ isError: Bool) -> Bool

  /// Longer lines are split; all but the last part are marked P.
  static let lineLimit = 16_384
  /// Bytes that are kept for the first who attaches.
  private static let earlyLimit = 64 << 10

  let path: String
  private let limits: RotatedLogs.Limits
  /// Who attaches later does not hear what came before; nil: whenever.
  private let earlyEnd: ContinuousClock.Instant?
  private let now: @Sendable () -> Instant
  private let state: Mutex<State>

  private struct State {
    var file: Descriptor
    var size: Int
    /// When the last file was full.
    var rotated: Instant?
    /// Packs what is full, one file after the other.
    var tidying: Task<Void, Never>?
    var partial: [Source: [UInt8]] = [:]
    var followers: [Follower] = []
    var ended: Set<Source> = []
    /// What came before the first who attaches; nil where nobody waits for it any more.
    var early: [(bytes: [UInt8], source: Source)]?
    var earlyBytes = 0

    mutating func report(_ bytes: [UInt8], _ source: Source) {
      if early != nil, earlyBytes + bytes.count <= ContainerLog.earlyLimit {
        early?.append((bytes, source))
        earlyBytes += bytes.count
      }
      followers.removeAll { !$0(bytes, source == .stderr) }
    }
  }

  /// Whether who attaches is to hear a container's first words, too.
  enum Early {
    case never
    /// Its first words may be said while somebody who has waited for it to run is about to attach.
    case soon
    /// It was started for one client, who will.
    case always

    static let patience = Duration.seconds(10)
  }

  init(
    path: String, limits: RotatedLogs.Limits = RotatedLogs.Limits(), early: Early = .never,
    now: @escaping @Sendable () -> Instant
  ) throws(SystemError) {
    (self.path, self.limits) = (path, limits)
    earlyEnd = early == .soon ? .now + Early.patience : nil
    self.now = now
    state = Mutex(State(file: try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640), size: Files.size(path)))
    if early != .never { state.withLock { $0.early = [] } }
  }

  /// Copies streams to their ends, what came first to be read first. What cannot be written is lost: a full disk must not stop the
  /// container.
  func copy(_ streams: [(Descriptor, Source)], _ order: ReadyOrder) async {
    var open = streams.count
    while open > 0, let ready = try? await order.next() {
      for index in ready {
        let (stream, source) = streams[index]
        do {
          guard let bytes = try stream.readNow() else { continue }
          if !bytes.isEmpty {
            append(bytes, as: source)
            continue
          }
        } catch {}  // The end of a terminal is an error.
        finish(source)
        order.remove(index)
        open -= 1
      }
    }
  }

  /// Hands over what comes from now on, as it comes.
  func follow(_ follower: @escaping Follower) {
    state.withLock { state in
      let early = earlyEnd.map { $0 < .now } ?? false ? [] : state.early ?? []
      state.early = nil
      guard early.allSatisfy({ $0.bytes.isEmpty || follower($0.bytes, $0.source == .stderr) }) else { return }
      state.followers.append(follower)
      for source in [Source.stdout, .stderr] where state.ended.contains(source) { state.report([], source) }
    }
  }

  private func append(_ bytes: [UInt8], as source: Source) {
    state.withLock { state in
      state.report(bytes, source)
      var line = state.partial[source] ?? []
      var output: [UInt8] = []
      var rest = bytes[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        line += rest[..<end]
        // A terminal's lines end in two characters.
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        rest = rest[(end + 1)...]
        emit(&line, source, whole: true, to: &output)
      }
      line += rest
      while line.count > ContainerLog.lineLimit { emit(&line, source, whole: false, to: &output) }
      state.partial[source] = line
      write(output, &state)
    }
  }

  /// Writes what did not end in a newline.
  private func finish(_ source: Source) {
    state.withLock { state in
      state.report([], source)
      state.ended.insert(source)
      guard var line = state.partial.removeValue(forKey: source), !line.isEmpty else { return }
      var output: [UInt8] = []
      emit(&line, source, whole: true, to: &output)
      write(output, &state)
    }
  }

  /// Moves one line, or the first part of one that is not whole, to the output.
  private func emit(_ line: inout [UInt8], _ source: Source, whole: Bool, to output: inout [UInt8]) {
    let head = Array("\(timestamp()) \(source.rawValue) ".utf8)
    while line.count > ContainerLog.lineLimit {
      output += head + Array("P ".utf8) + line.prefix(ContainerLog.lineLimit) + [UInt8(ascii: "\n")]
      line.removeFirst(ContainerLog.lineLimit)
    }
    guard whole else { return }
    output += head + Array("F ".utf8) + line + [UInt8(ascii: "\n")]
    line = []
  }

  /// Nine digits of fraction.
  private func timestamp() -> String {
    let now = now()
    let fraction = String(now.nanoseconds - now.seconds * 1_000_000_000)
    return now.rfc3339.dropLast() + "." + String(repeating: "0", count: 9 - fraction.count) + fraction + "Z"
  }

  private func write(_ bytes: [UInt8], _ state: inout State) {
    if bytes.isEmpty { return }
    var start = 0
    while start < bytes.count, let count = try? state.file.writeNow(bytes, from: start) { start += count }
    state.size += start
    if state.size > limits.bytes { rotate(&state) }
  }

  /// The next file begins. Where it cannot, the last one goes on.
  private func rotate(_ state: inout State) {
    let logs = RotatedLogs(of: path)
    let (full, moment) = logs.path(fullAt: now(), after: state.rotated)
    guard (try? Files.rename(path, to: full)) != nil else { return }
    guard let next = try? Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640) else {
      try? Files.rename(full, to: path)
      return
    }
    (state.file, state.size, state.rotated) = (next, 0, moment)
    let before = state.tidying
    state.tidying = Task.detached(priority: .background) { [limits] in
      await before?.value
      logs.tidy(keeping: limits)
    }
  }

  /// Returns once what was full is packed.
  func settle() async { await state.withLock { $0.tidying }?.value }

  /// The last lines' text, without times, at most `limit` bytes: a termination message for FallbackToLogsOnError.
  static func tail(_ path: String, limit: Int, lines: Int = 80) -> String {
    guard let bytes = try? Files.tail(path, limit: limit * 2 + 4096) else { return "" }
    let texts = bytes.split(separator: UInt8(ascii: "\n")).suffix(lines).compactMap { line in
      line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first
    }
    let text = Array(texts.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
    return texts.isEmpty ? "" : String(decoding: text.suffix(limit), as: UTF8.self)
  }
}
