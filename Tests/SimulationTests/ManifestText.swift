import CoreJSON
import EdgeClient

enum ManifestText {
  static func documents(_ text: String) throws -> [JSON] { try YAMLReader.documents(text) }
}
