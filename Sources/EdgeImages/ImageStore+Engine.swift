import Glibc

extension ImageStore {
  /// Loads an image from docker or podman, whichever has it; else one that `wavetank image pack` made under that name.
  /// - Parameter path: where to look for them, in place of PATH.
  package func load(engineImage name: String, nodes: [String], path: String? = nil) throws(ImageError) -> [LoadedImage] {
    _ = try ImageReference(name)
    var reasons: [String] = []
    for engine in ["docker", "podman"] {
      guard let program = Subprocess.find(engine, path: path) else { continue }
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
    defer { HostFiles.remove(scratch) }
    let saving = try Subprocess.start(program, ["save", name], errors: scratch + "/errors")
    let result: Result<[LoadedImage], ImageError>
    do throws(ImageError) {
      result = .success(try load(descriptor: saving.output, what: "the output of \(engine) save \(name)", nodes: nodes))
    } catch {
      result = .failure(error)
    }
    // A tar ends before its padding does: whoever still writes that gets a signal, which is no failure.
    close(saving.output)
    let (code, errors) = saving.wait()
    if case .failure = result, code != 0 {
      throw .engine(reason: ImageStore.explain(errors, engine: engine, name: name, code: code))
    }
    return try result.get()
  }

  private static func explain(_ errors: String, engine: String, name: String, code: Int) -> String {
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
