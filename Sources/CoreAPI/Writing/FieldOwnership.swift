import CoreJSON

/// Who wrote which field last (metadata.managedFields).
enum FieldOwnership {
  /// After a write that is no apply.
  static func note(_ tree: inout JSON, old: JSON, _ served: ServedResource, _ options: WriteOptions) {}
}
