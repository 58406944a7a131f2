import CoreControllers
import CoreObjects
import Glibc

/// How much memory 100,000 pods take, in a process of their own.
enum HeldPods {
  private static let count = 100_000
  /// The argument that makes a process the one that holds them.
  static let childWord = "--hold-pods"

  static func measure() throws -> Double {
    var descriptors: [Int32] = [0, 0]
    guard pipe(&descriptors) == 0 else { throw BenchError("no pipe") }
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let process = try Belongings.start("/proc/self/exe", [childWord], output: descriptors[1])
    close(descriptors[1])
    var buffer = [UInt8](repeating: 0, count: 64)
    let got = read(descriptors[0], &buffer, buffer.count)
    close(descriptors[0])
    Belongings.wait(process)
    guard let bytes = Double(String(decoding: buffer.prefix(max(0, got)).prefix { $0 >= 48 }, as: UTF8.self)) else {
      throw BenchError("the child process failed")
    }
    return bytes / 1e9
  }

  static func childMain() -> Never {
    var world = World(controllers: [])
    for number in 0..<count {
      guard (try? world.addPod("pod-\(number)", labels: ["app": .string("a\(number % 1000)")])) != nil else { exit(1) }
      // What is to be done about a write is done, or it would be held as well.
      if number % 1000 == 999 { world.settle() }
    }
    let status = Server.read("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    let kilobytes = Int(status.split(separator: " ").dropFirst().first ?? "") ?? 0
    say("\(kilobytes * 1024)")
    exit(0)
  }
}
