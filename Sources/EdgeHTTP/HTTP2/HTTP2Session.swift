import CNGHTTP2

/// nghttp2's state of one connection; touched on the connection's loop only.
final class HTTP2Session {
  final class Stream {
    var method = ""
    var target: [UInt8] = []
    var headers = HTTPHeaders()
    var headerBytes = 0
    var body: [UInt8] = []
    var refusal: HTTPRefusal?
    /// What waits to be sent, the place in it, and whether more may come.
    var pieces: [[UInt8]] = []
    var pieceIndex = 0
    var offset = 0
    var isEnded = false
    var isAnswered = false
    var source: ByteStream?
    var drained: UnsafeContinuation<Void, Never>?
    var task: Task<Void, Never>?
    /// The body that is handed over as it comes: what has arrived of it, whether all has, and who waits for more.
    var inbound: ByteStream?
    var arrived: [[UInt8]] = []
    var hasArrived = false
    var arrival: UnsafeContinuation<Void, Never>?

    func noteArrival() {
      arrival?.resume()
      arrival = nil
    }

    func stop() {
      task?.cancel()
      if !hasArrived { inbound?.abort() }
      hasArrived = true
      noteArrival()
      source?.terminate(.clientGone)
      drained?.resume()
      drained = nil
    }

    func setPieces(_ pieces: [[UInt8]]) {
      self.pieces = pieces
      pieceIndex = 0
      offset = 0
    }
  }

  let limits: HTTPLimits
  private let streamsBody: (String) -> Bool
  var streams: [Int32: Stream] = [:]
  /// Streams whose request has arrived since the last look.
  var complete: [Int32] = []
  var isCorked = false
  var isFlushing = false
  /// Request bodies in memory, of all streams.
  private var bodyBytes = 0
  private var session: OpaquePointer?

  init(limits: HTTPLimits, streamsBody: @escaping (String) -> Bool) {
    (self.limits, self.streamsBody) = (limits, streamsBody)
    var option: OpaquePointer?
    nghttp2_option_new(&option)
    // Or a body that nobody reads would go on coming.
    nghttp2_option_set_no_auto_window_update(option, 1)
    nghttp2_session_server_new2(&session, HTTP2Session.callbacks, Unmanaged.passUnretained(self).toOpaque(), option)
    nghttp2_option_del(option)
    let settings = [
      nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: UInt32(limits.streams)),
      nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: 1 << 20),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), value: UInt32(limits.headerBytes)),
    ]
    nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
    nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, 4 << 20)
  }

  deinit { nghttp2_session_del(session) }

  var isAlive: Bool { nghttp2_session_want_read(session) != 0 || nghttp2_session_want_write(session) != 0 }

  func receive(_ bytes: UnsafeRawBufferPointer) throws {
    let count = nghttp2_session_mem_recv(session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    if count < 0 { throw ConnectionError.closed }
  }

  /// Up to about 64 KiB of frames.
  func output() -> [UInt8] {
    var output: [UInt8] = []
    var start: UnsafePointer<UInt8>?
    while output.count < 64 << 10 {
      let count = nghttp2_session_mem_send(session, &start)
      if count <= 0 { break }
      output.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    }
    return output
  }

  /// Lets the client send as much again.
  func consume(_ identifier: Int32, _ count: Int) { nghttp2_session_consume(session, identifier, count) }

  func resume(_ identifier: Int32) { nghttp2_session_resume_data(session, identifier) }

  func reset(_ identifier: Int32, _ code: nghttp2_error_code) {
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), identifier, UInt32(code.rawValue))
  }

  /// Tells the client to open no more streams and ends those that would not end by themselves.
  func drain() {
    nghttp2_submit_goaway(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session),
      UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
    for stream in streams.values { stream.source?.finish() }
  }

  func stopAll() {
    for stream in streams.values { stream.stop() }
  }

  func submit(_ identifier: Int32, _ response: HTTPResponse, hasBody: Bool) {
    streams[identifier]?.isAnswered = true
    let status = Array(String(min(max(response.status, 200), 999)).utf8)
    let name = Array(":status".utf8)
    let wire = response.headers.wire
    name.withUnsafeBufferPointer { name in
      status.withUnsafeBufferPointer { status in
        wire.withUnsafeBufferPointer { wire in
          var fields = [pair(name.baseAddress, name.count, status.baseAddress, status.count)]
          for (index, field) in response.headers.fields.enumerated() {
            let value = wire.baseAddress! + response.headers.valueStart(index)
            fields.append(pair(wire.baseAddress! + field.start, field.nameCount, value, field.valueCount))
          }
          if hasBody {
            var provider = HTTP2Session.provider
            nghttp2_submit_response(session, identifier, fields, fields.count, &provider)
          } else {
            nghttp2_submit_response(session, identifier, fields, fields.count, nil)
          }
        }
      }
    }
  }

  func submitContinue(_ identifier: Int32) {
    let name = Array(":status".utf8)
    let status = Array("100".utf8)
    name.withUnsafeBufferPointer { name in
      status.withUnsafeBufferPointer { status in
        var field = pair(name.baseAddress, name.count, status.baseAddress, status.count)
        nghttp2_submit_headers(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), identifier, nil, &field, 1, nil)
      }
    }
  }

  private func pair(_ name: UnsafePointer<UInt8>?, _ nameCount: Int, _ value: UnsafePointer<UInt8>?, _ valueCount: Int)
    -> nghttp2_nv
  {
    nghttp2_nv(
      name: UnsafeMutablePointer(mutating: name), value: UnsafeMutablePointer(mutating: value), namelen: nameCount,
      valuelen: valueCount, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
  }
}

/// What nghttp2 calls.
extension HTTP2Session {
  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTP2Session {
    Unmanaged<HTTP2Session>.fromOpaque(context!).takeUnretainedValue()
  }

  private func receiveHeader(_ identifier: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    guard let stream = streams[identifier], !stream.isAnswered else { return }
    stream.headerBytes += name.count + value.count + 4
    if stream.headerBytes > limits.headerBytes || stream.headers.count >= limits.headerFields {
      stream.refusal = .headersTooLarge(limit: limits.headerBytes)
    } else if name.first != UInt8(ascii: ":") {
      stream.headers.beginField()
      stream.headers.appendToName(UnsafeRawBufferPointer(name))
      stream.headers.beginValue()
      stream.headers.appendToValue(UnsafeRawBufferPointer(value))
      stream.headers.endField()
    } else if name.elementsEqual(":path".utf8) {
      stream.target = Array(value)
    } else if name.elementsEqual(":method".utf8) {
      stream.method = String(decoding: value, as: UTF8.self)
    } else if name.elementsEqual(":authority".utf8) {
      stream.headers.append("host", String(decoding: value, as: UTF8.self))
    }
  }

  private func receiveBody(_ identifier: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
    guard let stream = streams[identifier], stream.refusal == nil else { return consume(identifier, bytes.count) }
    if stream.inbound != nil {
      stream.arrived.append(Array(bytes))
      return stream.noteArrival()
    }
    consume(identifier, bytes.count)
    bodyBytes += bytes.count
    guard stream.body.count + bytes.count <= limits.bodyBytes else {
      stream.refusal = .bodyTooLarge(limit: limits.bodyBytes)
      bodyBytes -= stream.body.count + bytes.count
      stream.body = []
      return
    }
    stream.body.append(contentsOf: bytes)
    if bodyBytes > 8 * limits.bodyBytes { reset(identifier, NGHTTP2_ENHANCE_YOUR_CALM) }
  }

  private func close(_ identifier: Int32) {
    guard let stream = streams.removeValue(forKey: identifier) else { return }
    bodyBytes -= stream.body.count
    stream.stop()
  }

  private func receiveFrame(_ frame: UnsafePointer<nghttp2_frame>) {
    let header = frame.pointee.hd
    guard header.type == NGHTTP2_HEADERS.rawValue || header.type == NGHTTP2_DATA.rawValue else { return }
    guard let stream = streams[header.stream_id] else { return }
    if stream.inbound != nil, header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 {
      stream.hasArrived = true
      stream.noteArrival()
    } else if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 || (stream.refusal != nil && !stream.isAnswered) {
      if !stream.isAnswered { complete.append(header.stream_id) }
    } else if header.type == NGHTTP2_HEADERS.rawValue {
      if stream.headers["expect"]?.lowercased() == "100-continue" { submitContinue(header.stream_id) }
      if let path = try? splitTarget(stream.target).path, streamsBody(path) {
        stream.inbound = ByteStream()
        complete.append(header.stream_id)
      }
    }
  }

  /// Copies what waits into a DATA frame; wakes the sender of a stream when all of it is gone.
  private func fill(
    _ identifier: Int32, _ buffer: UnsafeMutablePointer<UInt8>, _ capacity: Int, _ flags: UnsafeMutablePointer<UInt32>
  ) -> Int {
    guard let stream = streams[identifier] else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
    var filled = 0
    while filled < capacity, stream.pieceIndex < stream.pieces.count {
      let piece = stream.pieces[stream.pieceIndex]
      let count = min(capacity - filled, piece.count - stream.offset)
      piece.withUnsafeBytes { source in
        if count > 0 {
          UnsafeMutableRawPointer(buffer + filled).copyMemory(from: source.baseAddress! + stream.offset, byteCount: count)
        }
      }
      filled += count
      stream.offset += count
      if stream.offset == piece.count {
        stream.pieceIndex += 1
        stream.offset = 0
      }
    }
    if stream.pieceIndex == stream.pieces.count {
      if stream.isEnded {
        flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
        return filled
      }
      stream.drained?.resume()
      stream.drained = nil
      if filled == 0 { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
    }
    return filled
  }

  private static let provider = nghttp2_data_provider(
    source: .init(fd: 0),
    read_callback: { _, identifier, buffer, capacity, flags, _, context in
      of(context).fill(identifier, buffer!, capacity, flags!)
    })

  private nonisolated(unsafe) static let callbacks: OpaquePointer = {
    var callbacks: OpaquePointer?
    nghttp2_session_callbacks_new(&callbacks)
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
      let identifier = frame!.pointee.hd.stream_id
      if of(context).streams[identifier] == nil { of(context).streams[identifier] = Stream() }
      return 0
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) { _, frame, name, nameCount, value, valueCount, _, context in
      of(context).receiveHeader(
        frame!.pointee.hd.stream_id, UnsafeBufferPointer(start: name, count: nameCount),
        UnsafeBufferPointer(start: value, count: valueCount))
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, identifier, bytes, count, context in
      of(context).receiveBody(identifier, UnsafeBufferPointer(start: bytes, count: count))
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
      of(context).receiveFrame(frame!)
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, identifier, _, context in
      of(context).close(identifier)
      return 0
    }
    return callbacks!
  }()
}
