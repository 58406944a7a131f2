import CLDNS
import CoreNode

extension DNSRecord {
  /// Whoever is responsible for the zone, and how often somebody who copies it should look: nobody does.
  private static let administrator = "hostmaster." + ClusterZone.domain
  private static let refresh: [UInt32] = [7200, 1800, 86400]

  /// The record without its owner; nil for a name or an address that is none.
  var native: UnsafeMutablePointer<ldns_rr>? {
    let (type, fields) = parts
    guard !fields.contains(nil), let record = ldns_rr_new() else {
      for field in fields { if let field { ldns_rdf_deep_free(field) } }
      return nil
    }
    ldns_rr_set_type(record, type)
    ldns_rr_set_class(record, LDNS_RR_CLASS_IN)
    ldns_rr_set_ttl(record, DNSRecord.secondsToLive)
    for field in fields { ldns_rr_push_rdf(record, field) }
    return record
  }

  private var parts: (ldns_rr_type, [UnsafeMutablePointer<ldns_rdf>?]) {
    switch content {
    case .a(let text): (LDNS_RR_TYPE_A, [ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, text)])
    case .aaaa(let text): (LDNS_RR_TYPE_AAAA, [ldns_rdf_new_frm_str(LDNS_RDF_TYPE_AAAA, text)])
    case .cname(let name): (LDNS_RR_TYPE_CNAME, [ldns_dname_new_frm_str(name)])
    case .ns(let name): (LDNS_RR_TYPE_NS, [ldns_dname_new_frm_str(name)])
    case .ptr(let name): (LDNS_RR_TYPE_PTR, [ldns_dname_new_frm_str(name)])
    case .txt(let text): (LDNS_RR_TYPE_TXT, [ldns_rdf_new_frm_str(LDNS_RDF_TYPE_STR, text)])
    case .srv(let weight, let port, let target):
      (
        LDNS_RR_TYPE_SRV,
        [0, weight, port].map { ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, UInt16(truncatingIfNeeded: $0)) }
          + [ldns_dname_new_frm_str(target)]
      )
    case .soa(let server, let serial):
      (
        LDNS_RR_TYPE_SOA,
        [ldns_dname_new_frm_str(server), ldns_dname_new_frm_str(DNSRecord.administrator)]
          + ([serial] + DNSRecord.refresh + [DNSRecord.secondsToLive]).map { ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, $0) }
      )
    }
  }
}
