import CoreObjects

/// The parts of an image's configuration (OCI image specification v1.1, config.md) that a container needs.
struct ImageConfiguration {
  var diffIDs: [String]
  var entrypoint: [String]
  var command: [String]
  var environment: [String]
  var workingDirectory: String
  var user: String
  var stopSignal: String?

  /// - Throws: `badArchive` about `what`.
  init(_ bytes: [UInt8], what: String) throws(ImageError) {
    let tree: JSON
    do { tree = try JSONParser.parse(bytes) } catch {
      throw .badArchive(what: what, reason: "the image's configuration: \(error)")
    }
    if let system = tree["os"].string, system != "linux" { throw .badArchive(what: what, reason: "the image is for \(system)") }
    if let found = tree["architecture"].string, !found.isEmpty, found != ImageArchive.architecture {
      throw .badArchive(what: what, reason: "the image is for \(found), this machine is \(ImageArchive.architecture)")
    }
    diffIDs = tree["rootfs"]["diff_ids"].elements.compactMap(\.string)
    guard diffIDs.allSatisfy(Digest.isValid), diffIDs.count == tree["rootfs"]["diff_ids"].elements.count else {
      throw .badArchive(what: what, reason: "the image's configuration lists a layer without a sha256 digest")
    }
    let config = tree["config"]
    entrypoint = config["Entrypoint"].elements.compactMap(\.string)
    command = config["Cmd"].elements.compactMap(\.string)
    environment = config["Env"].elements.compactMap(\.string)
    let directory = config["WorkingDir"].string ?? ""
    workingDirectory = directory.isEmpty ? "/" : directory
    user = config["User"].string ?? ""
    stopSignal = config["StopSignal"].string
  }
}
