package import CoreNode
import EdgeLinux

/// The files of a configMap, secret or projected volume. They lie in a directory that the link `..data` names, and what a
/// container opens are links through it: one rename changes them all at once (kubernetes/pkg/volume/util/atomic_writer.go, v1.36).
package struct VolumeFiles {
  private let directory: String

  package init(directory: String) { self.directory = directory }

  /// Makes the files the volume's only content.
  package func write(_ files: [VolumeFile], group: Int? = nil) throws {
    for file in files
    where file.path.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == ".." || $0 == "" }) {
      throw VolumeError("\"\(file.path)\" is not a path within a volume")
    }
    try Files.makeDirectories(directory)
    try Files.setMode(directory, 0o777)
    let before = try? Files.readLink(directory + "/..data")
    let name = nextName(after: before)
    let content = directory + "/" + name
    try Files.remove(content)
    try Files.makeDirectories(content)
    for file in files {
      let path = content + "/" + file.path
      if let slash = file.path.lastIndex(of: "/") { try Files.makeDirectories(content + "/" + file.path[..<slash]) }
      try Files.write(path, file.content)
      try Files.setMode(path, UInt32(file.mode & 0o777))
      if let owner = file.owner { try Files.setOwner(path, UInt32(clamping: owner)) }
    }
    if let group { try Files.giveToGroup(directory, UInt32(clamping: group), isWritable: false) }
    try Files.remove(directory + "/..data.new")
    try Files.makeLink(directory + "/..data.new", to: name)
    try Files.rename(directory + "/..data.new", to: directory + "/..data")
    try link(Set(files.map { String($0.path.prefix { $0 != "/" }) }))
    if let before { try Files.remove(directory + "/" + before) }
  }

  /// "..1", "..2", …
  private func nextName(after name: String?) -> String { "..\((name.flatMap { Int($0.dropFirst(2)) } ?? 0) + 1)" }

  /// Makes a link for each name at the top, and deletes those of names that are no more.
  private func link(_ names: Set<String>) throws(SystemError) {
    for name in try Files.list(directory) where !name.hasPrefix("..") && !names.contains(name) {
      try Files.remove(directory + "/" + name)
    }
    for name in names.sorted() where !Files.exists(directory + "/" + name) {
      try Files.makeLink(directory + "/" + name, to: "..data/" + name)
    }
  }
}
