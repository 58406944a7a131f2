import CZlib

/// Header blocks of SPDY/3.1: pairs of length-prefixed texts, compressed by one zlib stream a direction with a preset dictionary.
final class SPDYHeaders {
  /// A block is never longer when it is unpacked.
  static let limit = 64 << 10
  private let inflater = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let deflater = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  init() {
    inflater.initialize(to: z_stream())
    deflater.initialize(to: z_stream())
    inflateInit_(inflater, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    deflateInit_(deflater, Z_DEFAULT_COMPRESSION, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    deflateSetDictionary(deflater, SPDYHeaders.dictionary, UInt32(SPDYHeaders.dictionary.count))
  }

  deinit {
    inflateEnd(inflater)
    deflateEnd(deflater)
    inflater.deallocate()
    deflater.deallocate()
  }

  /// - Throws: `SPDYError.headers` for a block that cannot be read.
  func decode(_ block: ArraySlice<UInt8>) throws(SPDYError) -> HTTPHeaders {
    let bytes = try inflated(Array(block))
    var reader = bytes[...]
    var headers = HTTPHeaders()
    for _ in 0..<(try number(&reader)) {
      let name = try text(&reader)
      // Several values of one name are separated by NUL.
      for value in try text(&reader).split(separator: "\0", omittingEmptySubsequences: false) {
        headers.append(name, String(value))
      }
    }
    return headers
  }

  func encode(_ headers: [(name: String, value: String)]) -> [UInt8] {
    var block = bigEndian(UInt32(headers.count))
    for header in headers {
      for text in [header.name, header.value] { block += bigEndian(UInt32(text.utf8.count)) + text.utf8 }
    }
    return block.withUnsafeMutableBufferPointer { input in
      var output = [UInt8](repeating: 0, count: input.count + 1024)
      let room = output.count
      deflater.pointee.next_in = input.baseAddress
      deflater.pointee.avail_in = UInt32(input.count)
      output.withUnsafeMutableBufferPointer { buffer in
        deflater.pointee.next_out = buffer.baseAddress
        deflater.pointee.avail_out = UInt32(room)
        _ = deflate(deflater, Z_SYNC_FLUSH)
      }
      output.removeLast(Int(deflater.pointee.avail_out))
      return output
    }
  }

  private func inflated(_ block: [UInt8]) throws(SPDYError) -> [UInt8] {
    var block = block
    var output = [UInt8](repeating: 0, count: SPDYHeaders.limit)
    let isWhole = block.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { buffer in
        inflater.pointee.next_in = input.baseAddress
        inflater.pointee.avail_in = UInt32(input.count)
        inflater.pointee.next_out = buffer.baseAddress
        inflater.pointee.avail_out = UInt32(SPDYHeaders.limit)
        var result = inflate(inflater, Z_SYNC_FLUSH)
        if result == Z_NEED_DICT {
          inflateSetDictionary(inflater, SPDYHeaders.dictionary, UInt32(SPDYHeaders.dictionary.count))
          result = inflate(inflater, Z_SYNC_FLUSH)
        }
        return (result == Z_OK || result == Z_BUF_ERROR) && inflater.pointee.avail_in == 0 && inflater.pointee.avail_out > 0
      }
    }
    guard isWhole else { throw .headers }
    output.removeLast(Int(inflater.pointee.avail_out))
    return output
  }

  private func number(_ reader: inout ArraySlice<UInt8>) throws(SPDYError) -> Int {
    guard reader.count >= 4 else { throw .headers }
    defer { reader = reader.dropFirst(4) }
    return reader.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  private func text(_ reader: inout ArraySlice<UInt8>) throws(SPDYError) -> String {
    let count = try number(&reader)
    guard count <= reader.count else { throw .headers }
    defer { reader = reader.dropFirst(count) }
    return String(decoding: reader.prefix(count), as: UTF8.self)
  }

  /// The dictionary that both sides of SPDY/3 know (draft-mbelshe-httpbis-spdy-00, section 2.6.10.1); Adler-32 e3c6a7c2.
  static let dictionary: [UInt8] = {
    let names = """
      options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization \
      cache-control connection content-base content-encoding content-language content-length content-location content-md5 \
      content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range \
      if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer \
      retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status
      """.split(separator: " ").map(String.init)
    let rest = ["200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"]
    let prefixed = (names + rest).flatMap { bigEndian(UInt32($0.utf8.count)) + $0.utf8 }
    let statuses = """
      100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505\
      203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized\
      403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable
      """
    let values = """
      Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT\
      chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,\
      publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.
      """
    return prefixed + statuses.utf8 + values.utf8
  }()
}

func bigEndian(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
