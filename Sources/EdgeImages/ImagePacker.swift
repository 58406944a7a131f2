import CoreObjects
import EdgeLinux
import Glibc

/// Makes images without a container engine.
package struct ImagePacker {
  private let recipe: ImageRecipe

  package init(_ recipe: ImageRecipe) { self.recipe = recipe }

  /// Puts the image straight into the store, on the nodes. No tar is written: its digest is computed, and big files of the
  /// system are hard-linked. The same recipe of unchanged files is recognised and costs nothing.
  package func pack(into store: ImageStore, nodes: [String]) throws(ImageError) -> LoadedImage {
    try store.adding { () throws(ImageError) in try place(into: store, nodes: nodes) }
  }

  private func place(into store: ImageStore, nodes: [String]) throws(ImageError) -> LoadedImage {
    let name = try ImageReference(recipe.name).description
    let entries = recipe.entries
    let remembered = store.content.directory + "/packed-" + fingerprint(entries).dropFirst("sha256:".count).prefix(32)
    if let diffID = try? Files.read(remembered), let text = String(validating: diffID, as: UTF8.self), Digest.isValid(text),
      Files.exists(store.content.layerPath(text))
    {
      return try record(in: store, name: name, diffID: text, entries: entries, nodes: nodes)
    }
    let diffID = try LayerDigest.of(entries)
    if !Files.exists(store.content.layerPath(diffID)) {
      let scratch = try store.content.scratch()
      defer { try? Files.remove(scratch) }
      try makeLayer(entries, in: scratch + "/layer")
      try store.content.place(scratch + "/layer", as: diffID)
    }
    try stored(try Files.replace(remembered, Array(diffID.utf8), isDurable: true))
    return try record(in: store, name: name, diffID: diffID, entries: entries, nodes: nodes)
  }

  private func record(
    in store: ImageStore, name: String, diffID: String, entries: [ImageRecipe.Entry], nodes: [String]
  ) throws(ImageError) -> LoadedImage {
    let id = try stored(try store.content.putBlob(configuration(diffID: diffID)))
    let size = entries.reduce(Int64(0)) { total, entry in
      switch entry.content {
      case .file(let host): total + Int64(Files.size(host))
      case .bytes(let bytes): total + Int64(bytes.count)
      default: total
      }
    }
    let image = ImageTable.Image(sizeBytes: size, layers: [diffID], user: recipe.user)
    return try store.record([StoredImage(id: id, image: image, names: [name])], nodes: nodes)[0]
  }

  private func configuration(diffID: String) -> [UInt8] {
    func list(_ words: [String]) -> JSON { .array(words.map { .string($0) }) }
    var config: JSON = [:]
    if !recipe.entrypoint.isEmpty { config["Entrypoint"] = list(recipe.entrypoint) }
    if !recipe.command.isEmpty { config["Cmd"] = list(recipe.command) }
    if !recipe.environment.isEmpty { config["Env"] = list(recipe.environment) }
    if !recipe.workingDirectory.isEmpty { config["WorkingDir"] = .string(recipe.workingDirectory) }
    if !recipe.user.isEmpty { config["User"] = .string(recipe.user) }
    let tree: JSON = [
      "created": "1970-01-01T00:00:00Z", "architecture": .string(ImageArchive.architecture), "os": "linux", "config": config,
      "rootfs": ["type": "layers", "diff_ids": [.string(diffID)]],
    ]
    return tree.encoded()
  }

  /// Changes whenever the layer could: names, modes, bytes, and the host files' identity, size and times.
  private func fingerprint(_ entries: [ImageRecipe.Entry]) -> String {
    let lines = entries.map { entry -> JSON in
      var line: [JSON] = [.string(entry.path), .int(Int64(entry.mode))]
      switch entry.content {
      case .directory: line.append("directory")
      case .link(let target): line += ["link", .string(target)]
      case .bytes(let bytes): line += ["bytes", .string(Digest.of(bytes))]
      case .file(let host):
        line.append("file")
        guard let status = Files.status(host) else { break }
        line += [
          .int(Int64(status.st_dev)), .int(Int64(status.st_ino)), .int(Int64(status.st_size)),
          .int(Int64(status.st_mtim.tv_sec)), .int(Int64(status.st_mtim.tv_nsec)), .int(Int64(status.st_ctim.tv_sec)),
          .int(Int64(status.st_ctim.tv_nsec)),
        ]
      }
      return .array(line)
    }
    return Digest.of(JSON.array(lines).encoded())
  }

  private func makeLayer(_ entries: [ImageRecipe.Entry], in directory: String) throws(ImageError) {
    try stored(try Files.makeDirectory(directory, mode: 0o755))
    for entry in entries {
      let path = directory + "/" + entry.path
      switch entry.content {
      case .directory: try stored(try Files.makeDirectory(path, mode: entry.mode))
      case .link(let target):
        try stored(try Files.makeLink(path, to: target))
        continue
      case .bytes(let bytes): try stored(try Files.write(path, bytes))
      case .file(let host):
        if ImagePacker.hardLink(host, to: path, mode: entry.mode) { continue }
        try stored(try Files.copy(host, to: path))
      }
      try stored(try Files.setMode(path, entry.mode))
    }
    try stored(directory, try Descriptor.directory(directory).syncFileSystem())
  }

  /// Only for what the package manager owns: it replaces files and never writes into them.
  private static func hardLink(_ host: String, to path: String, mode: UInt32) -> Bool {
    guard let resolved = Files.resolved(host), resolved.hasPrefix("/usr/"), let status = Files.linkStatus(resolved),
      status.st_size >= 1 << 20, status.st_mode & 0o7777 == mode_t(mode), status.st_uid == 0, status.st_gid == 0
    else { return false }
    return (try? Files.makeHardLink(path, to: resolved)) != nil
  }
}
