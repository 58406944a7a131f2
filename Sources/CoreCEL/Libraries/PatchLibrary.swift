/// What only mutations have. Source: apiserver/pkg/cel/library/jsonpatch.go, v1.36.
enum PatchLibrary {
  static let functions: [Function] = [
    Function("jsonpatch.escapeKey", [Function.Overload([.string], .string)], cost: .traversal(times: 1)) {
      (arguments, _) throws(CELFailure) in
      let text = try StringLibrary.text("jsonpatch.escapeKey", arguments)
      return .string(text.replacing("~", with: "~0").replacing("/", with: "~1"))
    }
  ]
}
