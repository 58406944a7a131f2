import CArchive
import CoreJSON
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
    if let diffID = try? HostFiles.read(remembered), let text = String(validating: diffID, as: UTF8.self), Digest.isValid(text),
      HostFiles.exists(store.content.layerPath(text))
    {
      return try record(in: store, name: name, diffID: text, entries: entries, nodes: nodes)
    }
    let (diffID, _) = try LayerWriter.write(entries, to: -1)
    if !HostFiles.exists(store.content.layerPath(diffID)) {
      let scratch = try store.content.scratch()
      defer { HostFiles.remove(scratch) }
      try makeLayer(entries, in: scratch + "/layer")
      try store.content.place(scratch + "/layer", as: diffID)
    }
    try HostFiles.write(Array(diffID.utf8), to: remembered)
    return try record(in: store, name: name, diffID: diffID, entries: entries, nodes: nodes)
  }

  private func record(
    in store: ImageStore, name: String, diffID: String, entries: [ImageRecipe.Entry], nodes: [String]
  ) throws(ImageError) -> LoadedImage {
    let id = try store.content.putBlob(configuration(diffID: diffID))
    let size = entries.reduce(Int64(0)) { total, entry in
      switch entry.content {
      case .file(let host): total + HostFiles.resolvedSize(host)
      case .bytes(let bytes): total + Int64(bytes.count)
      default: total
      }
    }
    let image = ImageTable.Image(sizeBytes: size, layers: [diffID], user: recipe.user)
    return try store.record([(id: id, image: image, names: [name])], nodes: nodes)[0]
  }

  /// Writes the image as an OCI archive, which docker, podman, kind and `wavetank load image-archive` read.
  package func write(archive path: String) throws(ImageError) {
    let name = try ImageReference(recipe.name)
    let scratch = path + ".layer"
    let file = open(scratch, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .kernel(scratch) }
    defer {
      close(file)
      unlink(scratch)
    }
    let (diffID, size) = try LayerWriter.write(recipe.entries, to: file)
    let config = configuration(diffID: diffID)
    let manifest: JSON = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": ImagePacker.descriptor("application/vnd.oci.image.config.v1+json", Digest.of(config), Int64(config.count)),
      "layers": [ImagePacker.descriptor("application/vnd.oci.image.layer.v1.tar", diffID, size)],
    ]
    let manifestBytes = manifest.encoded()
    var entry = ImagePacker.descriptor(
      "application/vnd.oci.image.manifest.v1+json", Digest.of(manifestBytes), Int64(manifestBytes.count))
    entry["annotations"] = [
      "io.containerd.image.name": .string(name.description), "org.opencontainers.image.ref.name": .string(name.tag ?? "latest"),
    ]
    let index: JSON = ["schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]]
    // docker load before version 25 knows only its own manifest.
    let legacy: JSON = [
      [
        "Config": .string(ImagePacker.blob(Digest.of(config))), "RepoTags": [.string(recipe.name)],
        "Layers": [.string(ImagePacker.blob(diffID))],
      ]
    ]
    var outer = ImageRecipe(name: recipe.name)
    try outer.add("oci-layout", text: "{\"imageLayoutVersion\":\"1.0.0\"}")
    try outer.add("index.json", .bytes(index.encoded()))
    try outer.add("manifest.json", .bytes(legacy.encoded()))
    try outer.add(ImagePacker.blob(Digest.of(config)), .bytes(config))
    try outer.add(ImagePacker.blob(Digest.of(manifestBytes)), .bytes(manifestBytes))
    try outer.add(ImagePacker.blob(diffID), .file(host: scratch))
    let output = open(path + ".next", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard output >= 0 else { throw .kernel(path) }
    defer { close(output) }
    do throws(ImageError) { _ = try LayerWriter.write(outer.entries, to: output) } catch {
      unlink(path + ".next")
      throw error
    }
    if rename(path + ".next", path) != 0 { throw .kernel(path) }
  }

  private static func blob(_ digest: String) -> String { "blobs/sha256/" + digest.dropFirst("sha256:".count) }

  private static func descriptor(_ type: String, _ digest: String, _ size: Int64) -> JSON {
    ["mediaType": .string(type), "digest": .string(digest), "size": .int(size)]
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
        var status = stat()
        stat(host, &status)
        line += [
          "file", .int(Int64(status.st_dev)), .int(Int64(status.st_ino)), .int(Int64(status.st_size)),
          .int(Int64(status.st_mtim.tv_sec)), .int(Int64(status.st_mtim.tv_nsec)), .int(Int64(status.st_ctim.tv_sec)),
          .int(Int64(status.st_ctim.tv_nsec)),
        ]
      }
      return .array(line)
    }
    return Digest.of(JSON.array(lines).encoded())
  }

  private func makeLayer(_ entries: [ImageRecipe.Entry], in directory: String) throws(ImageError) {
    guard mkdir(directory, 0o755) == 0 else { throw .kernel(directory) }
    for entry in entries {
      let path = directory + "/" + entry.path
      switch entry.content {
      case .directory: if mkdir(path, 0o700) != 0 { throw .kernel(path) }
      case .link(let target):
        if symlink(target, path) != 0 { throw .kernel(path) }
        continue
      case .bytes(let bytes): try HostFiles.write(bytes, to: path)
      case .file(let host):
        if ImagePacker.hardLink(host, to: path, mode: entry.mode) { continue }
        try HostFiles.copy(host, to: path)
      }
      if chmod(path, mode_t(entry.mode)) != 0 { throw .kernel(path) }
    }
    let root = open(directory, O_RDONLY | O_CLOEXEC)
    defer { close(root) }
    if syncfs(root) != 0 { throw .kernel(directory) }
  }

  /// Only for what the package manager owns: it replaces files and never writes into them.
  private static func hardLink(_ host: String, to path: String, mode: UInt32) -> Bool {
    guard let resolved = realpath(host, nil) else { return false }
    defer { free(resolved) }
    var status = stat()
    guard lstat(resolved, &status) == 0, status.st_size >= 1 << 20, String(cString: resolved).hasPrefix("/usr/"),
      status.st_mode & 0o7777 == mode_t(mode), status.st_uid == 0, status.st_gid == 0
    else { return false }
    return link(resolved, path) == 0
  }
}
