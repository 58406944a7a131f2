import CoreObjects

/// The path of a walk through a tree: pushed and popped on the way, made into a `FieldPath` only where something is wrong.
struct WalkPath {
  private enum Step {
    case field(Key)
    case index(Int)
    case key(Key)
  }
  private var steps: [Step] = []

  mutating func push(field key: Key) { steps.append(.field(key)) }
  mutating func push(index: Int) { steps.append(.index(index)) }
  mutating func push(key: Key) { steps.append(.key(key)) }
  mutating func pop() { steps.removeLast() }

  var fieldPath: FieldPath {
    steps.reduce(FieldPath()) { path, step in
      switch step {
      case .field(let key): path.child(key)
      case .index(let index): path.index(index)
      case .key(let key): path.key(key.name)
      }
    }
  }
}
