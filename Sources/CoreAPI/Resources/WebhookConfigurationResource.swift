import CoreObjects

/// Servers that are asked about requests: to change them, or to let them pass.
struct WebhookConfigurationResource: Resource {
  static let group = "admissionregistration.k8s.io"
  static let mutating = WebhookConfigurationResource("Mutating")
  static let validating = WebhookConfigurationResource("Validating")
  let definition: ResourceDefinition

  private init(_ verb: String) {
    let kind = verb + "WebhookConfiguration"
    definition = ResourceDefinition(
      id: ResourceID(WebhookConfigurationResource.group, kind.lowercased() + "s"), kind: kind, isNamespaced: false,
      categories: ["api-extensions"], columns: [.name, .number("Webhooks"), .age])
  }

  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    object[.metadata].put(.generation, .int(1))
  }

  /// Generation counts the changes of the webhooks.
  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    guard let generation = old[.metadata][.generation].int else { return }
    object[.metadata].put(.generation, .int(Int64(object[.webhooks] == old[.webhooks] ? generation : generation + 1)))
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
    var rules = RuleSheet()
    for (index, webhook) in object[.webhooks].elements.enumerated() {
      WebhookRules.check(webhook, FieldPath("webhooks").index(index), &rules)
    }
    return rules.errors
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    [TableCells.name(object), TableCells.number(object[.webhooks].elements.count), TableCells.age(object, now)]
  }
}
