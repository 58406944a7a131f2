import EdgeLinux
import Foundation
import Glibc
import TestMachine
import Testing

@Suite("Files")
struct FilesTests {
  @Test("removing a directory leaves what its links point to")
  func links() throws {
    let directory = NSTemporaryDirectory() + "wavetank-files-\(UUID().uuidString)"
    try Files.makeDirectories(directory + "/outside")
    try Files.write(directory + "/outside/kept", "x")
    try Files.makeDirectories(directory + "/inside/deep")
    try Files.write(directory + "/inside/deep/file", "x")
    #expect(symlink(directory + "/outside", directory + "/inside/link") == 0)
    try Files.remove(directory + "/inside")
    #expect(!Files.exists(directory + "/inside"))
    #expect(Files.exists(directory + "/outside/kept"))
    try Files.remove(directory)
    #expect(!Files.exists(directory))
  }

  @Test("what is mounted in a directory is never deleted with it", .enabled(if: Requirement.met(.root), "needs root"))
  func mounts() throws {
    let directory = NSTemporaryDirectory() + "wavetank-files-\(UUID().uuidString)"
    for name in ["/volume", "/pod/place"] { try Files.makeDirectories(directory + name) }
    try Files.write(directory + "/volume/kept", "x")
    let mounts = try MountNamespace()
    try PosixThread.result { () throws(SystemError) in
      try mounts.enter()
      try Mount.bind(try Descriptor.open(directory + "/volume", O_RDONLY | O_DIRECTORY), at: directory + "/pod/place")
      let error = #expect(throws: SystemError.self) { try Files.remove(directory + "/pod") }
      #expect(error?.code == EXDEV)
      #expect(Files.exists(directory + "/volume/kept"))
      try Mount.remove(directory + "/pod/place")
      try Files.remove(directory + "/pod")
    }
    #expect(Files.exists(directory + "/volume/kept"))
    try Files.remove(directory)
  }
}
