/// The forms of names and values that Kubernetes knows. Source: apiserver/pkg/cel/library/format.go, v1.36.
enum FormatLibrary {
  final class Value: CELOpaque, @unchecked Sendable {
    let format: TextForm
    init(_ format: TextForm) {
      self.format = format
      super.init(typeName: FormatLibrary.name)
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Value)?.format == format }
  }

  static let name = "kubernetes.NamedFormat"
  private static let type = CELType.opaque(name)

  static let functions: [Function] =
    [
      Function("format.named", [Function.Overload([.string], .optional(type))]) { (arguments, _) throws(CELFailure) in
        TextForm(rawValue: try StringLibrary.text("format.named", arguments)).map { .some(.opaque(Value($0))) } ?? .none
      },
      Function("validate", [.member(type, [.string], .optional(.list(.string)))], cost: .validate) {
        (arguments, _) throws(CELFailure) in
        guard case .opaque(let value as Value) = arguments[0], case .string(let text) = arguments[1] else {
          throw CELFailure.overload("validate", arguments)
        }
        let problems = value.format.problems(text)
        return problems.isEmpty ? .none : .some(.list(problems.map { .string($0) }))
      },
    ]
    + TextForm.allCases.map { form in
      Function("format.\(form.rawValue)", [Function.Overload([], type)]) { (_, _) throws(CELFailure) in .opaque(Value(form)) }
    }
}
