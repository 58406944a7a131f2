import CoreObjects
import EdgeLinux
import Glibc
import Synchronization

extension ImageStore {
  /// Writes an image as an archive that is both an OCI layout and what `docker load` reads, as `docker save` writes it: with the name
  /// that it is asked for by, and with none where that is an identifier or a digest.
  /// - Parameter nodes: where it is looked for, in this order
  /// - Returns: its identifier, and the bytes of the archive
  package func save(_ name: String, from nodes: [String], to path: String) throws(ImageError) -> (id: String, bytes: Int) {
    let image = try adding { () throws(ImageError) in
      guard let image = nodes.lazy.compactMap({ self.stored(name, on: $0) }).first else { throw ImageError.notFound(name) }
      let scratch = try content.scratch()
      defer { try? Files.remove(scratch) }
      // Beside the place where it goes, so that no half of an archive ever has its name.
      let made = path + ".new"
      do throws(ImageError) {
        try write(image, named: name, to: made, scratch)
        try EdgeImages.stored(path, try Files.rename(made, to: path))
      } catch {
        try? Files.remove(made)
        throw error
      }
      return image
    }
    return (image.id, Files.size(path))
  }

  private func stored(_ name: String, on node: String) -> StoredImage? {
    state.withLock { state in
      let table = state.table
      return table.find(name, on: node).flatMap { id in
        table.images[id].map { StoredImage(id: id, image: $0, names: table.names(of: id, on: node)) }
      }
    }
  }

  private func write(_ image: StoredImage, named name: String, to path: String, _ scratch: String) throws(ImageError) {
    let configuration = try EdgeImages.stored(try Files.read(content.blobPath(image.id)))
    var layers: [(digest: String, file: String)] = []
    for (index, diffID) in image.image.layers.enumerated() {
      if index < image.image.blobs.count {
        layers.append((image.image.blobs[index], content.blobPath(image.image.blobs[index])))
      } else {
        layers.append((diffID, try tar(diffID, scratch + "/layer-\(index)", what: name)))
      }
    }
    let descriptors = try layers.map { (digest, file) throws(ImageError) -> JSON in
      [
        "mediaType": .string(try ImageStore.mediaType(file, what: name)), "digest": .string(digest),
        "size": .int(Int64(Files.size(file))),
      ]
    }
    let manifest = ImageStore.manifest(image.id, size: configuration.count, descriptors)
    let output = try EdgeImages.stored(path, try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644))
    let tar = try TarWriter { bytes in (try? output.writeAll(bytes)) != nil }
    func add(_ path: String, _ content: ImageRecipe.Content) throws(ImageError) {
      try tar.add(ImageRecipe.Entry(path: path, mode: 0o644, content: content))
    }
    for directory in ["blobs", "blobs/sha256"] {
      try tar.add(ImageRecipe.Entry(path: directory, mode: 0o755, content: .directory))
    }
    try add(ImageArchive.blob(image.id), .bytes(configuration))
    var written: Set<String> = []
    for layer in layers where written.insert(layer.digest).inserted {
      try add(ImageArchive.blob(layer.digest), .file(host: layer.file))
    }
    try add(ImageArchive.blob(Digest.of(manifest)), .bytes(manifest))
    try add("oci-layout", .bytes(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)))
    let wanted = (try? ImageReference(name))?.description
    let names = image.names.filter { $0 == wanted && !$0.contains("@") }
    try add("index.json", .bytes(ImageStore.index(manifest, names)))
    let docker: JSON = [
      [
        "Config": .string(ImageArchive.blob(image.id)), "RepoTags": .array(names.map { .string($0) }),
        "Layers": .array(layers.map { .string(ImageArchive.blob($0.digest)) }),
      ]
    ]
    try add("manifest.json", .bytes(docker.encoded()))
    try tar.finish()
  }

  private static func manifest(_ id: String, size: Int, _ layers: [JSON]) -> [UInt8] {
    let tree: JSON = [
      "schemaVersion": 2, "mediaType": .string(ImageManifest.image),
      "config": [
        "mediaType": "application/vnd.oci.image.config.v1+json", "digest": .string(id), "size": .int(Int64(size)),
      ], "layers": .array(layers),
    ]
    return tree.encoded()
  }

  /// An entry for each name, as containerd and docker write them.
  private static func index(_ manifest: [UInt8], _ names: [String]) -> [UInt8] {
    let descriptor: JSON = [
      "mediaType": .string(ImageManifest.image), "digest": .string(Digest.of(manifest)), "size": .int(Int64(manifest.count)),
    ]
    let entries = names.map { name in
      var entry = descriptor
      entry["annotations"] = [
        "io.containerd.image.name": .string(name),
        "org.opencontainers.image.ref.name": .string((try? ImageReference(name))?.tag ?? "latest"),
      ]
      return entry
    }
    let tree: JSON = [
      "schemaVersion": 2, "mediaType": .string(ImageManifest.index),
      "manifests": .array(entries.isEmpty ? [descriptor] : entries),
    ]
    return tree.encoded()
  }

  private static func mediaType(_ file: String, what: String) throws(ImageError) -> String {
    let start = try EdgeImages.stored(try Descriptor.open(file, O_RDONLY)).peek(4)
    let tar = "application/vnd.oci.image.layer.v1.tar"
    if start.starts(with: [0x1F, 0x8B]) { return tar + "+gzip" }
    if start == [0x28, 0xB5, 0x2F, 0xFD] || start.count == 4 && start[0] & 0xF0 == 0x50 && start[1...] == [0x2A, 0x4D, 0x18] {
      return tar + "+zstd"
    }
    if start == [0xFD, 0x37, 0x7A, 0x58] || start.starts(with: [0x42, 0x5A, 0x68]) {
      throw .badArchive(what: what, reason: "a layer is packed by xz or bzip2, for which archives of images have no name")
    }
    return tar
  }

  /// The tar of a layer that was made here, and never was one.
  private func tar(_ diffID: String, _ path: String, what: String) throws(ImageError) -> String {
    let output = try EdgeImages.stored(try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL))
    let tar = try TarWriter { bytes in (try? output.writeAll(bytes)) != nil }
    for entry in try ImageStore.entries(of: content.layerPath(diffID), "").sorted(by: {
      Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8))
    }) { try tar.add(entry) }
    try tar.finish()
    guard try Digest.ofFile(path) == diffID else {
      throw .badArchive(what: what, reason: "its layers were not kept as they came; load or pull it again")
    }
    return path
  }

  private static func entries(of directory: String, _ prefix: String) throws(ImageError) -> [ImageRecipe.Entry] {
    var entries: [ImageRecipe.Entry] = []
    for name in try EdgeImages.stored(try Files.list(directory)) {
      let (path, place) = (directory + "/" + name, prefix + name)
      guard let status = Files.linkStatus(path) else { continue }
      let content: ImageRecipe.Content
      switch status.st_mode & S_IFMT {
      case S_IFDIR: content = .directory
      case S_IFLNK: content = .link(to: try EdgeImages.stored(try Files.readLink(path)))
      default: content = .file(host: path)
      }
      entries.append(ImageRecipe.Entry(path: place, mode: UInt32(status.st_mode & 0o7777), content: content))
      if case .directory = content { entries += try ImageStore.entries(of: path, place + "/") }
    }
    return entries
  }
}
