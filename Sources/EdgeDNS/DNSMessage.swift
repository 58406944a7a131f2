import CLDNS
import CoreNode
import Glibc

/// A message of DNS, as libldns has it.
final class DNSMessage {
  enum Section {
    case answer, authority, additional

    var native: ldns_pkt_section {
      switch self {
      case .answer: LDNS_SECTION_ANSWER
      case .authority: LDNS_SECTION_AUTHORITY
      case .additional: LDNS_SECTION_ADDITIONAL
      }
    }
  }

  enum Code: UInt8 {
    case success = 0
    case badForm = 1
    case serverFailure = 2
    case noName = 3
    case notImplemented = 4
    case refused = 5
  }

  /// Of a record whose name has been said before.
  private static let leastRecordBytes = 12

  private let packet: UnsafeMutablePointer<ldns_pkt>

  private init(owning packet: UnsafeMutablePointer<ldns_pkt>) { self.packet = packet }

  deinit { ldns_pkt_free(packet) }

  /// nil for what is no message.
  convenience init?(_ bytes: UnsafeRawBufferPointer) {
    var packet: UnsafeMutablePointer<ldns_pkt>?
    let wire = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard ldns_wire2pkt(&packet, wire, bytes.count) == LDNS_STATUS_OK, let packet else { return nil }
    self.init(owning: packet)
  }

  /// Of a message that may be damaged: its number and whether it is a response; nil where not even that is there.
  static func header(_ bytes: UnsafeRawBufferPointer) -> (id: UInt16, isResponse: Bool)? {
    guard bytes.count >= C_LDNS_HEADER_SIZE else { return nil }
    let wire = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    return (c_ldns_wire_id(wire), c_ldns_wire_is_response(wire) != 0)
  }

  var id: UInt16 { ldns_pkt_id(packet) }
  var code: UInt8 { UInt8(truncatingIfNeeded: ldns_pkt_get_rcode(packet).rawValue) }
  var isQuery: Bool { ldns_pkt_get_opcode(packet) == LDNS_PACKET_QUERY }
  var hasExtension: Bool { ldns_pkt_edns(packet) }
  var extensionVersion: UInt8 { ldns_pkt_edns_version(packet) }
  /// What its sender takes in one datagram.
  var datagramBytes: Int { hasExtension ? Int(ldns_pkt_edns_udp_size(packet)) : 512 }

  /// The one question; nil where there is none, or several.
  private var question: UnsafeMutablePointer<ldns_rr>? {
    let list = ldns_pkt_question(packet)
    return ldns_rr_list_rr_count(list) == 1 ? ldns_rr_list_rr(list, 0) : nil
  }
  var isInternet: Bool { question.map { ldns_rr_get_class($0) == LDNS_RR_CLASS_IN } ?? false }

  /// The name of the question in small letters, without the dot at its end.
  var name: String? {
    guard let question, let text = ldns_rdf2str(ldns_rr_owner(question)) else { return nil }
    defer { free(text) }
    var bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
    if bytes.last == UInt8(ascii: ".") { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
    return String(decoding: bytes.lazy.map { (65...90).contains($0) ? $0 | 32 : $0 }, as: UTF8.self)
  }

  var type: DNSType {
    switch question.map({ ldns_rr_get_type($0) }) {
    case LDNS_RR_TYPE_A: .a
    case LDNS_RR_TYPE_AAAA: .aaaa
    case LDNS_RR_TYPE_CNAME: .cname
    case LDNS_RR_TYPE_NS: .ns
    case LDNS_RR_TYPE_PTR: .ptr
    case LDNS_RR_TYPE_SOA: .soa
    case LDNS_RR_TYPE_SRV: .srv
    case LDNS_RR_TYPE_TXT: .txt
    default: .other
    }
  }
  /// Asks for the whole zone.
  var isTransfer: Bool {
    let type = question.map { ldns_rr_get_type($0) }
    return type == LDNS_RR_TYPE_AXFR || type == LDNS_RR_TYPE_IXFR
  }

  /// A response without records. The question comes back as it was spelled.
  func response(_ code: Code) -> DNSMessage {
    let response = DNSMessage(answering: id, code)
    ldns_pkt_set_opcode(response.packet, ldns_pkt_get_opcode(packet))
    ldns_pkt_set_rd(response.packet, ldns_pkt_rd(packet))
    if let question { ldns_pkt_push_rr(response.packet, LDNS_SECTION_QUESTION, ldns_rr_clone(question)) }
    if hasExtension { ldns_pkt_set_edns_udp_size(response.packet, UInt16(DNSLimits.datagramBytes)) }
    return response
  }

  /// To a message of which no more than the number could be read.
  convenience init(answering id: UInt16, _ code: Code) {
    self.init(owning: ldns_pkt_new())
    ldns_pkt_set_id(packet, id)
    ldns_pkt_set_qr(packet, true)
    ldns_pkt_set_ra(packet, true)
    ldns_pkt_set_rcode(packet, code.rawValue)
  }

  /// The same question about another name; nil for what cannot be one.
  func question(about name: String) -> DNSMessage? {
    guard let question, let owner = ldns_dname_new_frm_str(name) else { return nil }
    guard let query = ldns_pkt_query_new(owner, ldns_rr_get_type(question), LDNS_RR_CLASS_IN, UInt16(LDNS_RD)) else { return nil }
    ldns_pkt_set_random_id(query)
    return DNSMessage(owning: query)
  }

  func setAuthoritative() { ldns_pkt_set_aa(packet, true) }
  func setCode(_ code: UInt8) { ldns_pkt_set_rcode(packet, code) }
  /// BADVERS: the version of the extension is not spoken here.
  func setBadVersion() { ldns_pkt_set_edns_extended_rcode(packet, 1) }

  func add(_ records: [DNSRecord], to section: Section) {
    let (own, spelled) = (name, question.map { ldns_rr_owner($0) })
    for record in records {
      let owner = record.name == own ? ldns_rdf_clone(spelled ?? nil) : ldns_dname_new_frm_str(record.name)
      guard let owner, let native = record.native else { continue }
      ldns_rr_set_owner(native, owner)
      ldns_pkt_push_rr(packet, section.native, native)
    }
  }

  /// What was cut there is missing here, too.
  func addAnswers(of other: DNSMessage) {
    ldns_pkt_set_tc(packet, ldns_pkt_tc(other.packet))
    ldns_pkt_push_rr_list(packet, LDNS_SECTION_ANSWER, ldns_rr_list_clone(ldns_pkt_answer(other.packet)))
  }

  /// As bytes, of which there are `limit` at the most: what belongs to the answers goes first, then as many of these as must, which is
  /// told (TC).
  func encoded(limit: Int) -> [UInt8] {
    // What cannot fit is not tried: a Service may have a thousand pods.
    let most = limit / DNSMessage.leastRecordBytes
    let count = Int(ldns_pkt_ancount(packet))
    if count <= most {
      let bytes = encoded
      if bytes.count <= limit { return bytes }
    }
    drop(.additional)
    if count <= most {
      let bytes = encoded
      if bytes.count <= limit { return bytes }
    }
    ldns_pkt_set_tc(packet, true)
    let whole = ldns_rr_list_clone(ldns_pkt_answer(packet))
    defer { ldns_rr_list_deep_free(whole) }
    var (fitting, tooMany) = (0, min(count, most) + 1)
    while tooMany - fitting > 1 {
      let middle = (fitting + tooMany) / 2
      setAnswers(whole, middle)
      if encoded.count <= limit { fitting = middle } else { tooMany = middle }
    }
    setAnswers(whole, fitting)
    return encoded
  }

  private func setAnswers(_ whole: UnsafeMutablePointer<ldns_rr_list>?, _ count: Int) {
    drop(.answer)
    for index in 0..<count {
      ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, ldns_rr_clone(ldns_rr_list_rr(whole, index)))
    }
  }

  private func drop(_ section: Section) {
    let list = section == .answer ? ldns_pkt_answer(packet) : ldns_pkt_additional(packet)
    while let record = ldns_rr_list_pop_rr(list) { ldns_rr_free(record) }
    ldns_pkt_set_section_count(packet, section.native, 0)
  }

  /// Empty where libldns cannot write it.
  var encoded: [UInt8] {
    var (bytes, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
    guard ldns_pkt2wire(&bytes, packet, &count) == LDNS_STATUS_OK, let bytes else { return [] }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
