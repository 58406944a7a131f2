import CoreNode

/// What a message leads to.
enum Reply {
  /// Nothing: it is no question.
  case none
  case bytes([UInt8])
  /// Somebody else has to be asked first.
  case asking

  /// - Parameter limit: bytes of the answer; nil: as many as a datagram to who asks may have
  init(to bytes: UnsafeRawBufferPointer, _ zone: DNSServer.Zone, limit: Int?) {
    guard let header = DNSMessage.header(bytes), !header.isResponse else {
      self = .none
      return
    }
    guard let question = DNSMessage(bytes) else {
      self = .bytes(DNSMessage(answering: header.id, .badForm).encoded)
      return
    }
    let limit = limit ?? Reply.datagramLimit(question)
    if let refusal = Reply.refusal(of: question) {
      self = .bytes(refusal.encoded(limit: limit))
    } else if let answer = zone(question.name ?? "", question.type), answer.continuation == nil {
      self = .bytes(Reply.response(to: question, answer).encoded(limit: limit))
    } else {
      self = .asking
    }
  }

  private static func datagramLimit(_ question: DNSMessage) -> Int {
    min(max(512, question.datagramBytes), DNSLimits.datagramBytes)
  }

  private static func refusal(of question: DNSMessage) -> DNSMessage? {
    if !question.isQuery { return question.response(.notImplemented) }
    if question.name == nil { return question.response(.badForm) }
    if question.extensionVersion > 0 {
      let response = question.response(.success)
      response.setBadVersion()
      return response
    }
    return question.isInternet && !question.isTransfer ? nil : question.response(.refused)
  }

  private static func response(to question: DNSMessage, _ answer: DNSAnswer) -> DNSMessage {
    let response = question.response(answer.exists ? .success : .noName)
    response.setAuthoritative()
    // Whoever takes the first address shall not always have the same one.
    let fixed = answer.answers.prefix { $0.type == .cname }
    let rest = answer.answers.dropFirst(fixed.count)
    let turn = rest.isEmpty ? 0 : Int(question.id) % rest.count
    response.add(Array(fixed) + rest[(rest.startIndex + turn)...] + rest[..<(rest.startIndex + turn)], to: .answer)
    response.add(answer.authority, to: .authority)
    response.add(answer.additional, to: .additional)
    return response
  }

  /// The question about what a name of the cluster points to; nil where others are asked the question itself.
  static func continuation(of bytes: UnsafeRawBufferPointer, _ zone: DNSServer.Zone) -> [UInt8]? {
    guard let question = DNSMessage(bytes), let name = question.name else { return nil }
    return zone(name, question.type)?.continuation.flatMap { question.question(about: $0) }?.encoded
  }

  /// - Parameter others: what somebody else has answered; nil where nobody has
  static func completed(
    to bytes: UnsafeRawBufferPointer, _ zone: DNSServer.Zone, by others: [UInt8]?, limit: Int?
  ) -> [UInt8]? {
    guard let question = DNSMessage(bytes), let name = question.name else { return nil }
    guard let answer = zone(name, question.type) else { return others ?? question.response(.serverFailure).encoded }
    let response = Reply.response(to: question, answer)
    if answer.continuation != nil {
      if let found = others.flatMap({ $0.withUnsafeBytes(DNSMessage.init) }) {
        response.setCode(found.code)
        response.addAnswers(of: found)
      } else {
        response.setCode(DNSMessage.Code.serverFailure.rawValue)
      }
    }
    return response.encoded(limit: limit ?? datagramLimit(question))
  }
}
