import CoreAPI
import CoreObjects
import EdgeClient

/// Bodies in YAML, turned into JSON before the core sees them. kubectl sends JSON under YAML's names, which stays as it is.
enum YAMLBody {
  static let type = Accept.Form.yaml.rawValue
  static let applyType = "application/apply-patch+yaml"
  /// As the core's limit of a body; a longer one is refused there.
  static let limitBytes = 3 * 1024 * 1024

  /// Of several documents the first counts. A body without one stays as it is, for the core to refuse as JSON.
  static func convert(_ request: inout APIRequest) {
    let header = request.contentType
    guard header.hasPrefix(type) || header.hasPrefix(applyType), request.body.count <= limitBytes else { return }
    let first = request.body.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    if first != UInt8(ascii: "{") {
      // A key that is there twice is for the core to complain about.
      let text = String(decoding: request.body, as: UTF8.self)
      if let document = try? YAMLReader.documents(text, keepsDuplicates: true).first { request.body = document.encoded() }
    }
    if header.hasPrefix(type) { request.contentType = "application/json" }
  }
}
