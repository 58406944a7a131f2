import CoreObjects

/// That a volume is to be attached to a node. Nobody does it: volumes are folders of the node.
struct VolumeAttachmentResource: Resource {
  private static let longestMessage = 1024
  private static let longestMetadata = 256 * 1024
  let definition = ResourceDefinition(
    id: .volumeAttachments, kind: "VolumeAttachment", isNamespaced: false, hasStatus: true,
    columns: [
      .name, TableColumn(name: "Attacher", format: "name"), "PV", "Node", TableColumn(name: "Attached", type: "boolean"), .age,
    ])

  /// It has no generation. Source: pkg/registry/storage/volumeattachment/strategy.go, v1.36.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) { object.remove(.status) }

  /// Source: ValidateVolumeAttachment, pkg/apis/storage/validation/validation.go, v1.36.
  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let (spec, path) = (object[.spec], FieldPath("spec"))
    rules.driver(spec[.attacher], path.child("attacher"))
    if spec[.nodeName] != "" { rules.name(spec[.nodeName], path.child("nodeName"), .dnsSubdomain) }
    let (source, at) = (spec[.source], path.child("source"))
    let name = at.child("persistentVolumeName")
    switch (source[.persistentVolumeName].string, source[.inlineVolumeSpec].isNull) {
    case (nil, true): rules.refuse(.required, at, nil, "either inlineVolumeSpec or persistentVolumeName must be there")
    case (_?, false): rules.refuse(.forbidden, at, nil, "inlineVolumeSpec stands without persistentVolumeName")
    case ("", true): rules.refuse(.required, name, nil, "name the PersistentVolume")
    case (let text?, true): rules.name(.string(text), name, .dnsSubdomain)
    case (nil, false): break
    }
    return rules.errors
  }

  func validateStatusUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    let status = object[.status]
    let size = status[.attachmentMetadata].members.reduce(0) { $0 + $1.key.name.utf8.count + ($1.value.string ?? "").utf8.count }
    if size > VolumeAttachmentResource.longestMetadata {
      rules.refuse(
        .tooLong, "status.attachmentMetadata", nil, "may not be more than \(VolumeAttachmentResource.longestMetadata) bytes")
    }
    for key in [Key.attachError, .detachError] {
      guard (status[key][.message].string ?? "").utf8.count > VolumeAttachmentResource.longestMessage else { continue }
      let detail = "may not be more than \(VolumeAttachmentResource.longestMessage) bytes"
      rules.refuse(.tooLong, FieldPath("status").child(key).child("message"), nil, detail)
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = object[.spec]
    return [
      TableCells.name(object), .string(spec[.attacher].string ?? ""), .string(spec[.source][.persistentVolumeName].string ?? ""),
      .string(spec[.nodeName].string ?? ""), .bool(object[.status][.attached].bool ?? false), TableCells.age(object, now),
    ]
  }
}
