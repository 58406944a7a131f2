import CYAML
package import CoreObjects

/// Writes JSON trees as YAML in block style, members in order of their names, as sigs.k8s.io/yaml does. libyaml knows which texts need
/// quotes for their form; those that would be read as something else get them here.
package struct YAMLWriter {
  private let emitter: UnsafeMutablePointer<yaml_emitter_t>

  package static func document(_ tree: JSON) -> String {
    var emitter = yaml_emitter_t()
    var bytes: [UInt8] = []
    yaml_emitter_initialize(&emitter)
    defer { yaml_emitter_delete(&emitter) }
    withUnsafeMutablePointer(to: &bytes) { output in
      withUnsafeMutablePointer(to: &emitter) { emitter in
        let append: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int) -> Int32 = {
          output, buffer, size in
          output?.assumingMemoryBound(to: [UInt8].self).pointee.append(
            contentsOf: UnsafeBufferPointer(start: buffer, count: size))
          return 1
        }
        yaml_emitter_set_output(emitter, append, output)
        yaml_emitter_set_unicode(emitter, 1)
        yaml_emitter_set_width(emitter, -1)
        let writer = YAMLWriter(emitter: emitter)
        writer.emit { yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
        writer.emit { yaml_document_start_event_initialize(&$0, nil, nil, nil, 1) }
        writer.put(tree)
        writer.emit { yaml_document_end_event_initialize(&$0, 1) }
        writer.emit { yaml_stream_end_event_initialize(&$0) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func emit(_ initialize: (inout yaml_event_t) -> Int32) {
    var event = yaml_event_t()
    if initialize(&event) == 1 { yaml_emitter_emit(emitter, &event) }
  }

  private func put(_ value: JSON) {
    switch value {
    case .object(let members):
      emit { yaml_mapping_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE) }
      for member in members.sorted(by: { $0.key.name < $1.key.name }) {
        put(.string(member.key.name))
        put(member.value)
      }
      emit { yaml_mapping_end_event_initialize(&$0) }
    case .array(let elements):
      emit { yaml_sequence_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE) }
      for element in elements { put(element) }
      emit { yaml_sequence_end_event_initialize(&$0) }
    // What managedFields own is kept as it is written.
    case .raw(let bytes): put((try? JSONParser.parse(bytes)) ?? .null)
    case .string(let text): scalar(text, YAMLWriter.style(text))
    default: scalar(value.description, YAML_PLAIN_SCALAR_STYLE)
    }
  }

  /// Dates and the like begin with digits, and are no texts to all readers.
  private static func style(_ text: String) -> yaml_scalar_style_t {
    if text.utf8.contains(0x0A) { return YAML_LITERAL_SCALAR_STYLE }
    let beginsAsText = text.utf8.first.map { (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "/") } ?? false
    return beginsAsText && YAMLScalar.value(text) == .string(text) ? YAML_ANY_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE
  }

  private func scalar(_ text: String, _ style: yaml_scalar_style_t) {
    var text = text
    text.withUTF8 { bytes in
      emit { yaml_scalar_event_initialize(&$0, nil, nil, bytes.baseAddress, Int32(bytes.count), 1, 1, style) }
    }
  }
}
