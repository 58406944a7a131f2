import CoreNode
import Glibc

/// This machine as a node reports it. Several nodes share it, and each reports the whole of it, as kind's nodes do.
enum HostFacts {
  static func read(index: Int, of count: Int) -> NodeFacts {
    var names = utsname()
    uname(&names)
    var disk = statvfs()
    statvfs("/", &disk)
    let pages = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    var facts = NodeFacts(
      address: "10.244.\(index).1", cpuMillicores: Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))) * 1000, memoryBytes: pages,
      ephemeralStorageBytes: Int64(disk.f_blocks) * Int64(disk.f_frsize), maxPods: 110, kernelVersion: text(names.release),
      osImage: "Wavetank on \(text(names.sysname))", architecture: text(names.machine) == "aarch64" ? "arm64" : "amd64",
      runtimeVersion: "crun://1", machineID: machineID(), isControlPlane: index == 0)
    facts.isTainted = index == 0 && count > 1
    return facts
  }

  private static func text<T>(_ tuple: T) -> String {
    withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func machineID() -> String {
    var buffer = [UInt8](repeating: 0, count: 64)
    let descriptor = open("/etc/machine-id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)).filter { $0 > 32 }, as: UTF8.self)
  }
}
