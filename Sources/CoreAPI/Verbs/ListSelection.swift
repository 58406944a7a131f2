import CoreObjects

/// Which objects a list, a watch or a deletecollection is about.
struct ListSelection: Sendable {
  private var labels: LabelRequirements?
  private var fields: FieldRequirements?
  private let isNamespaced: Bool
  private let selectable: SelectableFields

  /// Neither labels nor fields are asked for.
  var isEverything: Bool { labels == nil && fields == nil }

  init(_ call: Call) throws(APIError) {
    let definition = call.served.definition
    isNamespaced = definition.isNamespaced
    selectable = definition.selectableElsewhere[call.served.version.group] ?? definition.selectable
    do throws(LabelRequirements.Problem) {
      if let text = call.query["labelSelector"], !text.isEmpty { labels = try LabelRequirements(text) }
      if let text = call.query["fieldSelector"], !text.isEmpty { fields = try FieldRequirements(text) }
    } catch { throw .badRequest(error.message) }
    for requirement in fields?.requirements ?? [] where value(requirement.path, of: .object([])) == nil {
      let id = call.served.requestID
      throw .badRequest("field selector: \"\(requirement.path)\" is no field by which \(id) can be selected")
    }
  }

  func matches(_ object: JSON) -> Bool {
    if let labels, !labels.matches(TextMap(tree: object[.metadata][.labels])) { return false }
    guard let fields else { return true }
    return fields.requirements.allSatisfy { ((value($0.path, of: object) ?? "") == $0.value) == $0.isEqual }
  }

  private func value(_ path: String, of object: JSON) -> String? {
    switch path {
    case "metadata.name": object[.metadata][.name].string ?? ""
    case "metadata.namespace" where isNamespaced: object[.metadata][.namespace].string ?? ""
    default:
      selectable[path].map { field in
        let value = field(object)
        return value.string ?? (value.isNull ? "" : value.description)
      }
    }
  }
}
