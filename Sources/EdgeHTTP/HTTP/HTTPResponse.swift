package struct HTTPResponse: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Many shared arrays, sent one after the other without being joined: a long LIST.
    case chunks([[UInt8]])
    /// Bytes that come later; ends when the stream does. A watch or a followed log. Where the headers tell its length, it has it.
    case stream(ByteStream)
    /// After 101 the connection belongs to the closure and is closed when it returns.
    case upgrade(@Sendable (UpgradedConnection) async -> Void)
  }

  package var status: Int
  package var headers: HTTPHeaders
  package var body: Body

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package static func text(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: ["content-type": "text/plain; charset=utf-8"], body: .bytes(Array((text + "\n").utf8)))
  }
}

/// RFC 9110 section 15: neither 1xx, 204 nor 304 has a body.
func statusHasBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

func reasonPhrase(_ status: Int) -> StaticString {
  switch status {
  case 100: "Continue"
  case 101: "Switching Protocols"
  case 200: "OK"
  case 201: "Created"
  case 202: "Accepted"
  case 204: "No Content"
  case 206: "Partial Content"
  case 301: "Moved Permanently"
  case 302: "Found"
  case 304: "Not Modified"
  case 307: "Temporary Redirect"
  case 400: "Bad Request"
  case 401: "Unauthorized"
  case 403: "Forbidden"
  case 404: "Not Found"
  case 405: "Method Not Allowed"
  case 406: "Not Acceptable"
  case 408: "Request Timeout"
  case 409: "Conflict"
  case 410: "Gone"
  case 413: "Content Too Large"
  case 415: "Unsupported Media Type"
  case 416: "Range Not Satisfiable"
  case 417: "Expectation Failed"
  case 422: "Unprocessable Content"
  case 429: "Too Many Requests"
  case 431: "Request Header Fields Too Large"
  case 500: "Internal Server Error"
  case 501: "Not Implemented"
  case 503: "Service Unavailable"
  case 504: "Gateway Timeout"
  case 507: "Insufficient Storage"
  default: "Status"
  }
}
