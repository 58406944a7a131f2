import EdgeHTTP
import EdgeLinux
import Glibc

/// How blobs come in and go out.
extension OwnRegistry {
  /// A blob or a part of it.
  func deliver(_ digest: String, _ request: HTTPRequest) throws(OwnRegistryError) -> HTTPResponse {
    let (path, size) = try blob(digest)
    var headers: HTTPHeaders = [
      "content-type": "application/octet-stream", "docker-content-digest": digest, "accept-ranges": "bytes",
      "docker-distribution-api-version": "registry/2.0",
    ]
    var part = 0..<size
    var status = 200
    if request.method == .get, let text = request.headers["range"] {
      guard let wanted = OwnRegistry.range(text, of: size) else {
        headers.append("content-range", "bytes */\(size)")
        return HTTPResponse(status: 416, headers: headers)
      }
      (part, status) = (wanted, 206)
      headers.append("content-range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)")
    }
    headers.append("content-length", String(part.count))
    let stream = ByteStream(maximumBytes: 1 << 20)
    if request.method == .head {
      stream.finish()
    } else {
      let file: Descriptor
      do throws(SystemError) {
        file = try Descriptor.open(path, O_RDONLY)
        try file.seek(to: part.lowerBound)
      } catch { throw OwnRegistryError(error) }
      let count = part.count
      Task { await OwnRegistry.pump(file, count, stream) }
    }
    return HTTPResponse(status: status, headers: headers, body: .stream(stream))
  }

  private static func pump(_ file: Descriptor, _ count: Int, _ stream: ByteStream) async {
    var rest = count
    while rest > 0 {
      guard let piece = try? file.readNow(min(rest, 256 << 10)), !piece.isEmpty else { return stream.abort() }
      guard await stream.write(piece) else { return }
      rest -= piece.count
    }
    stream.finish()
  }

  /// One range of bytes; nil: it has none of them.
  static func range(_ text: String, of size: Int) -> Range<Int>? {
    guard text.hasPrefix("bytes=") else { return nil }
    let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    if ends[0].isEmpty {
      guard let last = Int(ends[1]), last > 0, size > 0 else { return nil }
      return max(0, size - last)..<size
    }
    guard let first = Int(ends[0]), first >= 0, first < size else { return nil }
    if ends[1].isEmpty { return first..<size }
    guard let last = Int(ends[1]), last >= first else { return nil }
    return first..<min(size, last + 1)
  }

  /// A blob that is there is taken from another repository; one that comes at once needs no second request.
  func begin(_ name: String, _ request: HTTPRequest) async throws(OwnRegistryError) -> HTTPResponse {
    if let digest = RegistryRoute.field("mount", of: request.query), (try? blob(digest)) != nil { return made(name, digest) }
    let upload = try beginUpload()
    if let digest = RegistryRoute.field("digest", of: request.query) {
      do throws(OwnRegistryError) {
        try await append(RequestBody(request), to: try self.upload(upload), at: nil)
        try finishUpload(upload, digest: digest)
      } catch {
        cancelUpload(upload)
        throw error
      }
      return made(name, digest)
    }
    return state(of: upload, name, status: 202, count: 0)
  }

  /// One more piece of an upload, its end, or a question about it.
  func goOn(_ name: String, _ upload: String, _ request: HTTPRequest) async throws(OwnRegistryError) -> HTTPResponse {
    let found = try self.upload(upload)
    switch request.method {
    case .get: return state(of: upload, name, status: 204, count: found.count)
    case .delete:
      cancelUpload(upload)
      return .registry(204)
    case .patch:
      try await append(RequestBody(request), to: found, at: try OwnRegistry.start(request))
      return state(of: upload, name, status: 202, count: found.count)
    case .put:
      guard let digest = RegistryRoute.field("digest", of: request.query) else {
        throw .digestInvalid("the end of an upload names its digest")
      }
      try await append(RequestBody(request), to: found, at: try OwnRegistry.start(request))
      try finishUpload(upload, digest: digest)
      return made(name, digest)
    default: throw .unsupported("\(request.method.rawValue) does not go with this path")
    }
  }

  /// Where a piece begins; nil where its request does not say.
  private static func start(_ request: HTTPRequest) throws(OwnRegistryError) -> Int? {
    guard let text = request.headers["content-range"] else { return nil }
    let words = text.split(separator: " ").last.map(String.init) ?? ""
    guard let first = Int(words.prefix { $0 != "-" }) else { throw .sizeInvalid("\"\(text)\" is no range") }
    return first
  }

  private func made(_ name: String, _ digest: String) -> HTTPResponse {
    .registry(201, ["location": "/v2/\(name)/blobs/\(digest)", "docker-content-digest": digest])
  }

  private func state(of upload: String, _ name: String, status: Int, count: Int) -> HTTPResponse {
    .registry(
      status,
      [
        "location": "/v2/\(name)/blobs/uploads/\(upload)", "docker-upload-uuid": upload, "range": "0-\(max(0, count - 1))",
      ])
  }
}
