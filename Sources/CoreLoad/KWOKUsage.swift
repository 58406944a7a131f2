package import CoreObjects

/// What a pod uses by the annotations that KWOK's metrics are made from: `kwok.x-k8s.io/usage-cpu` and `usage-memory`, on a pod or in a
/// template. What is not annotated is nil here, and 1m and 1Mi for KWOK. Source: kustomize/metrics/usage, KWOK v0.7.
package struct KWOKUsage: Sendable, Equatable {
  package var cpu: Quantity?
  package var memory: Quantity?

  /// - Parameter annotations: `metadata.annotations`
  /// - Throws: where an annotation is no quantity, or below zero.
  package init(_ annotations: JSON) throws(LoadError) {
    cpu = try KWOKUsage.quantity("cpu", annotations)
    memory = try KWOKUsage.quantity("memory", annotations)
  }

  private static func quantity(_ resource: String, _ annotations: JSON) throws(LoadError) -> Quantity? {
    let name = "kwok.x-k8s.io/usage-" + resource
    guard let text = annotations[Key(name)].string else { return nil }
    guard let quantity = Quantity(text), quantity.nano >= 0 else {
      throw LoadError("annotation \(name): \"\(text.excerpt)\" is no quantity")
    }
    do throws(LoadError) { _ = try LoadUnit.amount(text, metric: resource) } catch {
      throw LoadError("annotation \(name): \(error.message)")
    }
    return quantity
  }
}
