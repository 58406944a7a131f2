import CoreControllers
import CoreJSON
import CoreTypes
import Glibc

/// How much memory 100,000 pods take, in a process of their own.
enum HeldPods {
  private static let count = 100_000

  static func measure() throws -> Double {
    var descriptors: [Int32] = [0, 0]
    guard pipe(&descriptors) == 0 else { throw BenchError("no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, descriptors[1], 1)
    posix_spawn_file_actions_addclose(&actions, descriptors[0])
    var words = [strdup("wavetank-bench"), strdup("hold"), nil]
    var process: pid_t = 0
    posix_spawn(&process, "/proc/self/exe", &actions, nil, &words, environ)
    close(descriptors[1])
    var buffer = [UInt8](repeating: 0, count: 64)
    let got = read(descriptors[0], &buffer, buffer.count)
    close(descriptors[0])
    var status: Int32 = 0
    waitpid(process, &status, 0)
    guard let bytes = Double(String(decoding: buffer.prefix(max(0, got)).prefix { $0 >= 48 }, as: UTF8.self)) else {
      throw BenchError("the child process failed")
    }
    return bytes / 1e9
  }

  static func childMain() -> Never {
    var world = World(controllers: [])
    for number in 0..<count {
      guard (try? world.addPod("pod-\(number)", labels: ["app": .string("a\(number % 1000)")])) != nil else { exit(1) }
    }
    let status = Server.read("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    let kilobytes = Int(status.split(separator: " ").dropFirst().first ?? "") ?? 0
    say("\(kilobytes * 1024)")
    exit(0)
  }
}
