import CArchive
import CoreObjects
import EdgeLinux
import Glibc

/// An image that an archive, a registry or a packer offers: its configuration and the files of its layers, lowest first.
package struct OfferedImage: Sendable {
  package var configuration: [UInt8]
  package var layers: [OfferedLayer]
  /// As the archive names it; not normalised.
  package var names: [String]
  /// A registry has it.
  var isPulled = false
}

package struct OfferedLayer: Sendable {
  /// A tar, compressed or not; nil for a layer that the store has.
  package var file: String?
  /// Of the file as it is; nil where nobody says.
  package var digest: String?
  /// Of the file as it is; nil where that says it.
  package var size: Int64?

  var sizeBytes: Int64 { size ?? file.map { Int64(Files.size($0)) } ?? 0 }
}

/// An archive of images, spread out in a scratch directory as numbered files, so that no name in it becomes a path of ours.
package struct ImageArchive {
  /// What messages call it.
  let what: String
  private var files: [String: String] = [:]
  /// Links by their place in the archive; `docker save` links layers that images share.
  private var links: [String: String] = [:]

  /// - Parameter scratch: an empty directory, which the caller removes.
  init(_ archive: Descriptor, what: String, scratch: String, limits: UnpackLimits) throws(ImageError) {
    self.what = what
    let reader = try ArchiveReader(archive, what: what, format: .tar)
    var bytes: Int64 = 0
    var count = 0
    while let entry = try reader.next() {
      count += 1
      if count > 100_000 { throw .badArchive(what: what, reason: "it holds more than 100000 entries") }
      let place = try LayerUnpacker.parts(entry.path, what: what, limits: limits).joined(separator: "/")
      let directory = place.split(separator: "/").dropLast().joined(separator: "/")
      if let target = entry.hardLink {
        links[place] = try ImageArchive.resolve(target, from: "", what: what)
      } else if entry.type == S_IFLNK {
        links[place] = try ImageArchive.resolve(entry.symbolicLink, from: directory, what: what)
      } else if entry.type == S_IFREG {
        let path = scratch + "/\(count)"
        let file = try stored(try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL))
        bytes += try reader.copy(to: file, path: path, used: bytes, limit: limits.bytes)
        files[place] = path
      }
    }
    if count == 0 { throw .badArchive(what: what, reason: "it is empty") }
  }

  /// Where a link leads, as text: inside the archive or nowhere.
  private static func resolve(_ target: String, from directory: String, what: String) throws(ImageError) -> String {
    var parts = target.hasPrefix("/") ? [] : directory.split(separator: "/")
    for part in target.split(separator: "/") where part != "." {
      if part == ".." {
        if parts.popLast() == nil { throw .badArchive(what: what, reason: "the link \"\(target)\" leads out of it") }
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }

  func bad(_ reason: String) -> ImageError { .badArchive(what: what, reason: reason) }

  /// The scratch file of a member.
  private func file(_ name: String) throws(ImageError) -> String {
    var place = name.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    for _ in 0..<8 {
      if let file = files[place] { return file }
      guard let next = links[place] else { break }
      place = next
    }
    throw bad("it has no \"\(name)\"")
  }

  private func bytes(_ name: String) throws(ImageError) -> [UInt8] {
    let path = try file(name)
    return try stored(try Files.read(path))
  }

  private func json(_ name: String) throws(ImageError) -> JSON { try parse(try bytes(name), name) }

  private func parse(_ bytes: [UInt8], _ name: String) throws(ImageError) -> JSON {
    do { return try JSONParser.parse(bytes) } catch { throw bad("\"\(name)\": \(error)") }
  }

  /// The images in it, whichever of the two layouts it has. What `docker save` writes today is both; docker's own names the images.
  func images() throws(ImageError) -> [OfferedImage] {
    let images: [OfferedImage]
    if files["manifest.json"] != nil {
      images = try dockerImages()
    } else if files["index.json"] != nil {
      images = try ociImages(json("index.json"), inherited: nil, depth: 0)
    } else {
      let seen = (files.keys.sorted().first.map { "; it has \"\($0)\"" }) ?? ""
      throw bad("it has neither manifest.json (docker save) nor index.json (OCI layout)\(seen)")
    }
    if images.isEmpty { throw bad("it holds no image for linux/\(ImageArchive.architecture)") }
    return images
  }

  private func dockerImages() throws(ImageError) -> [OfferedImage] {
    let manifest = try json("manifest.json")
    guard manifest.isArray else { throw bad("\"manifest.json\" is no list of images") }
    var images: [OfferedImage] = []
    for item in manifest.elements {
      guard let config = item["Config"].string else { throw bad("\"manifest.json\" names no Config") }
      var layers: [OfferedLayer] = []
      for layer in item["Layers"].elements {
        guard let name = layer.string else { throw bad("\"manifest.json\" has a layer without a name") }
        layers.append(OfferedLayer(file: try file(name), digest: ImageArchive.digest(inName: name)))
      }
      let bytes = try self.bytes(config)
      if let named = ImageArchive.digest(inName: config), named != Digest.of(bytes) {
        throw bad("\"\(config)\" does not match its digest")
      }
      images.append(OfferedImage(configuration: bytes, layers: layers, names: item["RepoTags"].elements.compactMap(\.string)))
    }
    return images
  }

  /// Only blobs are named after their own digest; the legacy layout's directories have random names.
  private static func digest(inName name: String) -> String? {
    guard name.hasPrefix("blobs/sha256/") else { return nil }
    let text = "sha256:" + name.dropFirst("blobs/sha256/".count)
    return Digest.isValid(text) ? text : nil
  }

  /// As images name it: amd64, arm64.
  package static let architecture: String = {
    #if arch(arm64)
      "arm64"
    #else
      "amd64"
    #endif
  }()

  private func ociImages(_ index: JSON, inherited: String?, depth: Int) throws(ImageError) -> [OfferedImage] {
    if depth > 4 { throw bad("its indexes are nested more than 4 deep") }
    var images: [OfferedImage] = []
    for descriptor in index["manifests"].elements {
      guard let digest = descriptor["digest"].string, Digest.isValid(digest) else {
        throw bad("its index has an entry without a sha256 digest")
      }
      let platform = descriptor["platform"]
      if platform.isObject, platform["os"].string != "linux" || platform["architecture"].string != ImageArchive.architecture {
        continue
      }
      let name = ImageArchive.name(descriptor) ?? inherited
      let document = try parse(try verified(descriptor), digest)
      if document["manifests"].isArray {
        images += try ociImages(document, inherited: name, depth: depth + 1)
      } else {
        images.append(try ociImage(document, name: name))
      }
    }
    return images
  }

  /// containerd and docker write the full name; the specification's own annotation is often a bare tag.
  private static func name(_ descriptor: JSON) -> String? {
    let annotations = descriptor["annotations"]
    if let full = annotations["io.containerd.image.name"].string { return full }
    guard let name = annotations["org.opencontainers.image.ref.name"].string, name.contains(":") || name.contains("/") else {
      return nil
    }
    return name
  }

  private func ociImage(_ manifest: JSON, name: String?) throws(ImageError) -> OfferedImage {
    guard manifest["config"]["digest"].string != nil else { throw bad("a manifest in it names no configuration") }
    var layers: [OfferedLayer] = []
    for layer in manifest["layers"].elements {
      guard let digest = layer["digest"].string, Digest.isValid(digest) else {
        throw bad("a manifest in it has a layer without a digest")
      }
      layers.append(OfferedLayer(file: try file(ImageArchive.blob(digest)), digest: digest))
    }
    return OfferedImage(configuration: try verified(manifest["config"]), layers: layers, names: name.map { [$0] } ?? [])
  }

  static func blob(_ digest: String) -> String { "blobs/sha256/" + digest.dropFirst("sha256:".count) }

  private func verified(_ descriptor: JSON) throws(ImageError) -> [UInt8] {
    guard let digest = descriptor["digest"].string, Digest.isValid(digest) else {
      throw bad("it has an entry without a sha256 digest")
    }
    let bytes = try self.bytes(ImageArchive.blob(digest))
    guard Digest.of(bytes) == digest else { throw bad("\"\(ImageArchive.blob(digest))\" does not match its digest") }
    return bytes
  }
}
