import CoreAPI
import CoreObjects
import EdgeHTTP
import EdgeLinux
import EdgeRuntime
import Glibc

/// A container's log as `kubectl logs` wants it, from the CRI lines that the node wrote.
struct LogStream: Sendable {
  /// How long a followed log rests between two looks at its file.
  static let pause = Duration.milliseconds(100)
  /// Bytes read at once.
  static let chunk = 1 << 16

  let path: String
  let options: LogOptions
  /// Whether more may come.
  let isRunning: @Sendable () -> Bool

  /// Sends the log; ends when it does, when the limit is reached or when the client goes. As with the kubelet it begins with the file that
  /// is written now, and goes on with those that follow.
  func send(to stream: ByteStream) async {
    var left = options.limitBytes ?? Int.max
    var lines = CRILines()
    var kept: [[UInt8]] = []
    var file = try? Descriptor.open(path, O_RDONLY)
    _ = await read(file) { bytes in
      for line in lines.receive(bytes) { keep(line, &kept) }
      return true
    }
    for line in kept { guard await write(line, &left, stream) else { return stream.finish() } }
    guard options.follow else { return stream.finish() }
    while !stream.isTerminated {
      let wasRunning = isRunning()
      let next = following(file)
      var ended = false
      let read = await read(file) { bytes in
        for line in lines.receive(bytes) {
          guard let text = shown(line) else { continue }
          if !(await write(text, &left, stream)) {
            ended = true
            return false
          }
        }
        return true
      }
      if ended || (!wasRunning && read == 0 && next == nil) { break }
      if let next { file = next } else if read == 0 { try? await Task.sleep(for: LogStream.pause) }
    }
    stream.finish()
  }

  /// The file that has taken the place of one: what that one holds then is all.
  private func following(_ file: Descriptor?) -> Descriptor? {
    guard let own = try? file?.status() else { return try? Descriptor.open(path, O_RDONLY) }
    if let latest = Files.linkStatus(path), latest.st_ino == own.st_ino { return nil }
    let all = RotatedLogs(of: path).readable
    // One that is not there any more was packed: the next one is the oldest that is not.
    let place = all.firstIndex { Files.linkStatus($0)?.st_ino == own.st_ino }
    return all.dropFirst(place.map { $0 + 1 } ?? 0).first.flatMap { try? Descriptor.open($0, O_RDONLY) }
  }

  /// Keeps a line of the past, only the last ones where a tail was asked for.
  private func keep(_ line: CRILines.Line, _ kept: inout [[UInt8]]) {
    guard let text = shown(line) else { return }
    kept.append(text)
    if let tail = options.tailLines, kept.count > tail { kept.removeFirst(kept.count - max(0, tail)) }
  }

  private func shown(_ line: CRILines.Line) -> [UInt8]? {
    if let since = options.since, let at = Instant(rfc3339: line.time), at < since { return nil }
    return (options.timestamps ? Array((line.time + " ").utf8) : []) + line.text
  }

  /// False once the limit is reached or the client has gone.
  private func write(_ bytes: [UInt8], _ left: inout Int, _ stream: ByteStream) async -> Bool {
    let part = bytes.count > left ? Array(bytes.prefix(left)) : bytes
    left -= part.count
    if !part.isEmpty, !(await stream.write(part)) { return false }
    return left > 0
  }

  /// Reads a file from where it was read last to its end; how many bytes there were.
  private func read(_ file: Descriptor?, _ body: ([UInt8]) async -> Bool) async -> Int {
    var total = 0
    while let bytes = try? file?.readNow(LogStream.chunk), !bytes.isEmpty {
      total += bytes.count
      if !(await body(bytes)) { break }
    }
    return total
  }
}

/// Splits CRI log text: `<time> stdout|stderr F|P <text>`. Parts marked P are joined with what follows.
struct CRILines {
  struct Line {
    var time: String
    /// With its newline, except for a part of a longer line.
    var text: [UInt8]
  }
  private var rest: [UInt8] = []

  mutating func receive(_ bytes: [UInt8]) -> [Line] {
    rest += bytes
    var lines: [Line] = []
    var start = 0
    while let end = rest[start...].firstIndex(of: 10) {
      if let line = CRILines.parse(rest[start..<end]) { lines.append(line) }
      start = end + 1
    }
    rest.removeFirst(start)
    return lines
  }

  private static func parse(_ line: ArraySlice<UInt8>) -> Line? {
    let parts = line.split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    let isPart = parts[2].first == UInt8(ascii: "P")
    return Line(time: String(decoding: parts[0], as: UTF8.self), text: Array(parts[3]) + (isPart ? [] : [10]))
  }
}
