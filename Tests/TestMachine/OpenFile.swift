import Foundation

/// A copy of a descriptor that this process has open on a file, as a child holds one between fork and exec. Nil without one.
package func copyOfDescriptor(onFile path: String) -> Int32? {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  let found = names.first { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path }
  return found.flatMap { Int32($0) }.map { dup($0) }
}
