import EdgeClient
import EdgeImages
import EdgeLinux

/// What a machine knows of registries: the file of `--registry-config`, and docker's own.
enum RegistryFile {
  /// Ends the process where the file is not there or not understood.
  static func read(_ path: String?, in directory: String) -> RegistryConfiguration {
    let usual = directory + "/registries.yaml"
    guard let path = path ?? (Files.exists(usual) ? usual : nil) else { return RegistryConfiguration() }
    do {
      let text = try Files.readText(path)
      return try RegistryConfiguration(try YAMLReader.single(text).value)
    } catch let error as SystemError { Standard.fail("\(path): \(error.reason)", code: 2) } catch {
      Standard.fail("\(path): \(error)", code: 2)
    }
  }

  /// Where `docker login` leaves what it was given. The kubelet looks there, too.
  static var ofDocker: String? {
    if let directory = Environment["DOCKER_CONFIG"] { return directory + "/config.json" }
    return Environment["HOME"].map { $0 + "/.docker/config.json" }
  }
}
