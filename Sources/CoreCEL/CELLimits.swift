/// What bounds an expression. Costs and sizes are Kubernetes' (apiserver/pkg/apis/cel/config.go,
/// apiextensions/apiserver/validation/validation.go, apiserver/pkg/cel/limits.go, v1.36).
package enum CELLimits {
  /// What one evaluation may cost.
  package static let perExpression: UInt64 = 1_000_000
  /// What all rules together may cost for one object, or one policy for one request.
  package static let perObject: UInt64 = 10_000_000
  /// What all match conditions of a webhook or policy may cost for one request.
  package static let matchConditions: UInt64 = 2_500_000
  /// What a rule of a CustomResourceDefinition may cost by its estimate, and all of a version's together.
  package static let estimatePerRule: UInt64 = 10_000_000
  package static let estimatePerDefinition: UInt64 = 100_000_000
  /// A request's body: the bound for whatever a schema leaves unbounded.
  package static let requestBytes: UInt64 = 3 * 1024 * 1024

  /// Bytes of an expression's text.
  package static let textBytes = 100_000
  /// Expressions in one another.
  package static let depth = 250
  /// Macros that iterate in one another.
  package static let macros = 12
  /// Values that one evaluation compares.
  static let comparisons = 2_000_000
  /// Values in a list or map that an expression makes, and bytes of a text.
  static let madeElements = 1_000_000
  static let madeBytes = 4 * 1024 * 1024
}
