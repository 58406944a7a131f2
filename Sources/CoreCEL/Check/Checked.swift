/// What the checker has found, by the numbers of the expressions.
struct Checked {
  enum Reference {
    /// A variable of the environment, by its place.
    case variable(Int)
    /// A variable of a macro, by its slot.
    case local(Int)
    /// A type as a value.
    case type(String)
    /// Found by its name; the target, where there is one, is part of that name.
    case function(Function, isQualified: Bool)
    /// The slots of a macro's variables.
    case slots(Int, Int?)
  }

  var types: [CELType]
  var references: [Reference?]
  /// How many variables of macros are there at the same time.
  var slotCount = 0

  func type(_ expression: Expression) -> CELType { types[expression.id] }
}
