import EdgeLinux
import Glibc

extension ImageStore {
  /// Loads an image from docker or podman, whichever has it; else one that `wavetank image pack` made under that name.
  /// - Parameter path: where to look for them, in place of PATH.
  package func load(engineImage name: String, nodes: [String], path: String? = nil) throws(ImageError) -> [LoadedImage] {
    _ = try ImageReference(name)
    var reasons: [String] = []
    for engine in ["docker", "podman"] {
      guard let program = Files.program(engine, path: path) else { continue }
      do throws(ImageError) {
        return try save(name, engine: engine, program: program, nodes: nodes)
      } catch {
        guard case .engine(let reason) = error else { throw error }
        reasons.append(reason)
      }
    }
    if let packed = try share(name, from: ImageStore.packedNode, to: nodes) { return [packed] }
    if reasons.isEmpty { reasons.append("neither docker nor podman is installed") }
    throw .engine(
      reason:
        "image \"\(name)\" cannot be loaded: \(reasons.joined(separator: "; ")); and \"wavetank image pack\" has made none of that name"
    )
  }

  private func save(_ name: String, engine: String, program: String, nodes: [String]) throws(ImageError) -> [LoadedImage] {
    let scratch = try content.scratch()
    defer { try? Files.remove(scratch) }
    let errors = try stored(try Descriptor.open(scratch + "/errors", O_WRONLY | O_CREAT))
    var (saving, output): (ChildProcess, Descriptor?) = try stored(
      program, try ChildProcess.startCaptured(program, ["save", name], errors: errors, environment: Environment.all))
    let result: Result<[LoadedImage], ImageError>
    do throws(ImageError) {
      result = .success(try load(output!, what: "the output of \(engine) save \(name)", nodes: nodes))
    } catch {
      result = .failure(error)
    }
    // A tar ends before its padding does: whoever still writes that gets a signal, which is no failure.
    output = nil
    let code = saving.waitHere()
    if case .failure = result, code != 0 {
      let said = (try? Files.readText(scratch + "/errors"))?.prefix(4096) ?? ""
      let reason = said.split(whereSeparator: \.isNewline).joined(separator: "; ")
      throw .engine(reason: ImageStore.explain(reason, engine: engine, name: name, code: code))
    }
    return try result.get()
  }

  private static func explain(_ errors: String, engine: String, name: String, code: Int32) -> String {
    let text = errors.lowercased()
    if text.contains("cannot connect") || text.contains("connection refused") || text.contains("no such file or directory") {
      return "\(engine) is installed but its engine does not run"
    }
    if text.contains("no such image") || text.contains("not known") || text.contains("does not exist")
      || text.contains("not found")
    {
      return "\(engine) has no image \"\(name)\""
    }
    return "\(engine) save failed with exit code \(code)" + (errors.isEmpty ? "" : ": \(errors.prefix(300))")
  }
}
