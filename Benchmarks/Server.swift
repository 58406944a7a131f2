import CoreObjects
import Glibc

/// A cluster in a process of its own, with a data directory of its own in /tmp.
final class Server {
  let directory: String
  let runsContainers: Bool
  private let program: String
  private var process: pid_t = 0
  private(set) var port: UInt16 = 0
  /// From the start of the process until its /readyz said ok.
  private(set) var startSeconds = 0.0

  init(_ program: String, containers: Bool? = nil) throws {
    directory = try Belongings.makeDirectory()
    self.program = program
    runsContainers = containers ?? (geteuid() == 0 && access("/usr/bin/crun", X_OK) == 0)
    try start()
  }

  deinit {
    stop()
    Belongings.removeDirectory(directory)
  }

  func start() throws {
    unlink(directory + "/kubeconfig")
    let begin = seconds()
    var arguments = ["up", "--port", "0", "--data-dir", directory]
    if !runsContainers { arguments.append("--without-containers") }
    let log = open(directory + "/log", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(log) }
    process = try Belongings.start(program, arguments, output: log)
    while access(directory + "/kubeconfig", R_OK) != 0 {
      if !Belongings.isRunning(process) || seconds() - begin > 20 {
        throw BenchError("the cluster did not start: \(Server.read(directory + "/log").prefix(300))")
      }
      usleep(200)
    }
    try readAccess()
    while true {
      if let connection = try? Connection(self), (try? connection.get("/readyz")) != nil { break }
      guard seconds() - begin < 20 else { throw BenchError("/readyz is not answered") }
    }
    startSeconds = seconds() - begin
  }

  func stop() {
    guard process > 0 else { return }
    Belongings.end(process)
    process = 0
  }

  private func readAccess() throws {
    let text = Server.read(directory + "/kubeconfig")
    func value(_ name: String) -> String {
      guard let line = text.split(separator: "\n").first(where: { $0.contains(name + ": ") }) else { return "" }
      return String(line.split(separator: " ").last ?? "")
    }
    port = UInt16(value("server").split(separator: ":").last ?? "") ?? 0
    for (name, file) in [("client-certificate-data", "/bench.crt"), ("client-key-data", "/bench.key")] {
      let bytes = Base64.decode(value(name)) ?? []
      let handle = fopen(directory + file, "w")
      fwrite(bytes, 1, bytes.count, handle)
      fclose(handle)
    }
  }

  /// Megabytes that are this process's alone, or its part of what it shares.
  func memory() -> Double {
    let lines = Server.read("/proc/\(process)/smaps_rollup").split(separator: "\n")
    let line = lines.first { $0.hasPrefix("Pss:") } ?? ""
    return (Double(line.split(separator: " ").dropFirst().first ?? "") ?? .nan) * 1024 / 1e6
  }

  /// Seconds of CPU since its start.
  func processorSeconds() -> Double {
    let fields = Server.read("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  static func read(_ path: String) -> String {
    guard let handle = fopen(path, "r") else { return "" }
    defer { fclose(handle) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, handle), count > 0 { bytes += buffer.prefix(count) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
