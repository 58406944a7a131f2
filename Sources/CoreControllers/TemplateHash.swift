import CoreObjects

/// A short name for a template, for the names of ReplicaSets and ControllerRevisions.
enum TemplateHash {
  /// FNV-1a over the data and the number of collisions, in letters and digits that form no words.
  /// Source of the alphabet: SafeEncodeString, k8s.io/apimachinery/pkg/util/rand, v0.36.
  static func text(_ data: JSON, collisions: Int) -> String {
    var hash = FNV.hash32(data.encoded())
    if collisions > 0 { hash = FNV.hash32(Array(String(collisions).utf8), hash) }
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    return String(decoding: String(hash).utf8.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
  }
}
