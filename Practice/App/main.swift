// app FILE SECONDS: every SECONDS seconds maps FILE into memory, reads all of it, says how large it is, and keeps it mapped
// until the next turn. What a memory autoscaler sees of the program is the size of the file, so whoever replaces the file
// moves the autoscaler.
//
// WAVETANK_SPEED, where it is set, says how many times faster than the wall the cluster's clock runs.
import Glibc

let usage = "usage: app FILE SECONDS\n  maps FILE into memory every SECONDS seconds (more than 0) and reads all of it\n"

/// Unbuffered, so that a log follows what happens.
func say(_ text: String, to descriptor: Int32 = 1) {
  let bytes = Array(text.utf8)
  _ = write(descriptor, bytes, bytes.count)
}

func complain(_ path: String, _ reason: String) { say("cannot read \(path): \(reason)\n") }

func kernelReason() -> String { String(cString: strerror(errno)) }

func seconds(_ text: String?) -> Double? {
  guard let text, let value = Double(text), value > 0, value <= 1e9 else { return nil }
  return value
}

/// A mapping of a whole file; of length 0 for an empty file, which mmap refuses.
struct Mapping {
  var start: UnsafeMutableRawPointer?
  var size = 0

  func unmap() { if let start { munmap(start, size) } }

  /// Reads a byte of every page.
  func read() -> Int {
    var sum = 0
    var offset = 0
    while offset < size {
      sum &+= Int(start!.load(fromByteOffset: offset, as: UInt8.self))
      offset += 4096
    }
    return sum
  }
}

/// Metrics show the working set: usage less the pages of files that are on the kernel's inactive list. Bytes that somebody
/// has just written are on that list, and mapping them does not take them off it; how to do that depends on the kernel.
enum PageActivation {
  /// Two lists: a page that is accessed twice through read(2) moves to the active one. (What a mapping does counts only
  /// when it ends, and only if nothing, such as DAMON, has cleared the accessed bits meanwhile.)
  case secondRead
  /// Multi-generational lists: a page counts as active if a page fault brought it in, so it must leave the cache first.
  case refault

  static func ofThisKernel() -> PageActivation {
    let file = open("/sys/kernel/mm/lru_gen/enabled", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return .secondRead }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 16)
    let count = Glibc.read(file, &text, text.count)
    // "0x0007", a set of bits; bit 0 is the main switch.
    guard count > 2, let bits = Int(String(decoding: text[2..<count].prefix { $0 > 0x20 }, as: UTF8.self), radix: 16) else {
      return .secondRead
    }
    return bits & 1 == 1 ? .refault : .secondRead
  }

  func prepare(_ file: Int32, size: Int) {
    switch self {
    case .secondRead:
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      for _ in 0..<2 {
        var offset = 0
        while offset < size {
          let count = pread(file, &buffer, buffer.count, offset)
          if count <= 0 { return }
          offset += count
        }
      }
    case .refault:
      // Only clean pages can leave the cache.
      fdatasync(file)
      posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
    }
  }
}

/// Nil, with the reason told, where the file cannot be read.
func map(_ path: String, _ activation: PageActivation) -> Mapping? {
  let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else {
    complain(path, kernelReason())
    return nil
  }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else {
    complain(path, kernelReason())
    return nil
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    complain(path, "not a regular file")
    return nil
  }
  let size = Int(status.st_size)
  if size == 0 { return Mapping() }
  activation.prepare(file, size: size)
  guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), start != MAP_FAILED else {
    complain(path, kernelReason())
    return nil
  }
  return Mapping(start: start, size: size)
}

/// The turns come at whole periods after the start, however long each takes.
struct Turns {
  private let nanoseconds: Int
  private var next: Int

  init(seconds: Double) {
    nanoseconds = max(1, Int(min(seconds * 1e9, 4e18)))
    next = Turns.now
  }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  mutating func wait() {
    next += nanoseconds
    let late = Turns.now - next
    if late > 0 { next += (late / nanoseconds + 1) * nanoseconds }
    var moment = timespec(tv_sec: next / 1_000_000_000, tv_nsec: next % 1_000_000_000)
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil) == EINTR {}
  }
}

guard CommandLine.arguments.count == 3, let period = seconds(CommandLine.arguments[2]) else {
  say(usage, to: 2)
  exit(2)
}
let path = CommandLine.arguments[1]
let speed = seconds(getenv("WAVETANK_SPEED").map { String(cString: $0) }) ?? 1

// The first process of a container gets no default action for signals: without handlers the kubelet would have to kill it.
signal(SIGTERM) { _ in _exit(0) }
signal(SIGINT) { _ in _exit(0) }
// The file may shrink under the mapping; the replaced page is gone, and the next start reads the new file.
signal(SIGBUS) { _ in _exit(1) }

let activation = PageActivation.ofThisKernel()
var turns = Turns(seconds: period / speed)
var checksum = 0
while true {
  let mapping = map(path, activation)
  if let mapping {
    checksum &+= mapping.read()
    say("size: \(mapping.size)\n")
  }
  turns.wait()
  mapping?.unmap()
}
