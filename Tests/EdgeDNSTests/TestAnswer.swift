import CLDNS
import Glibc

/// A message as libldns reads it, in words.
struct TestAnswer: Sendable {
  let bytes: [UInt8]
  let id: UInt16
  let code: Int
  let question: String
  /// "name TYPE what it is", without the time to live.
  let answers: [String]
  let authority: [String]
  let additional: [String]
  let isTruncated: Bool
  let isAuthoritative: Bool
  let hasExtension: Bool
  let extendedCode: Int

  init?(_ bytes: [UInt8]) {
    var packet: UnsafeMutablePointer<ldns_pkt>?
    guard ldns_wire2pkt(&packet, bytes, bytes.count) == LDNS_STATUS_OK, let packet else { return nil }
    defer { ldns_pkt_free(packet) }
    self.bytes = bytes
    id = ldns_pkt_id(packet)
    code = Int(ldns_pkt_get_rcode(packet).rawValue)
    question = TestAnswer.lines(ldns_pkt_question(packet)).first ?? ""
    answers = TestAnswer.lines(ldns_pkt_answer(packet))
    authority = TestAnswer.lines(ldns_pkt_authority(packet))
    additional = TestAnswer.lines(ldns_pkt_additional(packet))
    isTruncated = ldns_pkt_tc(packet)
    isAuthoritative = ldns_pkt_aa(packet)
    hasExtension = ldns_pkt_edns(packet)
    extendedCode = Int(ldns_pkt_edns_extended_rcode(packet))
  }

  private static func lines(_ list: UnsafeMutablePointer<ldns_rr_list>?) -> [String] {
    (0..<ldns_rr_list_rr_count(list)).map { index in
      let text = ldns_rr2str(ldns_rr_list_rr(list, index))!
      defer { free(text) }
      let words = String(cString: text).split(whereSeparator: \.isWhitespace)
      return words.filter { $0 != "IN" && UInt32($0) != 30 }.joined(separator: " ")
    }
  }

  static func question(_ name: String, _ type: String, _ extensionBytes: UInt16? = nil, id: UInt16 = 4711) -> [UInt8] {
    encoded(ldns_pkt_query_new(ldns_dname_new_frm_str(name), ldns_get_rr_type_by_name(type), LDNS_RR_CLASS_IN, UInt16(LDNS_RD))!)
    {
      ldns_pkt_set_id($0, id)
      if let extensionBytes { ldns_pkt_set_edns_udp_size($0, extensionBytes) }
    }
  }

  /// The answer of a resolver to a question.
  static func response(to question: [UInt8], _ records: [String], code: UInt8 = 0, id: UInt16? = nil) -> [UInt8] {
    changed(question) {
      ldns_pkt_set_qr($0, true)
      ldns_pkt_set_rcode($0, code)
      if let id { ldns_pkt_set_id($0, id) }
      for record in records {
        var native: UnsafeMutablePointer<ldns_rr>?
        if ldns_rr_new_frm_str(&native, record, 60, nil, nil) == LDNS_STATUS_OK {
          ldns_pkt_push_rr($0, LDNS_SECTION_ANSWER, native)
        }
      }
    }
  }

  static func changed(_ question: [UInt8], _ change: (UnsafeMutablePointer<ldns_pkt>) -> Void) -> [UInt8] {
    var packet: UnsafeMutablePointer<ldns_pkt>?
    guard ldns_wire2pkt(&packet, question, question.count) == LDNS_STATUS_OK, let packet else { return [] }
    return encoded(packet, change)
  }

  private static func encoded(
    _ packet: UnsafeMutablePointer<ldns_pkt>, _ change: (UnsafeMutablePointer<ldns_pkt>) -> Void
  ) -> [UInt8] {
    defer { ldns_pkt_free(packet) }
    change(packet)
    var (bytes, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
    guard ldns_pkt2wire(&bytes, packet, &count) == LDNS_STATUS_OK, let bytes else { return [] }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
