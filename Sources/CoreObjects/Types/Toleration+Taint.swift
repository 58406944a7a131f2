extension Toleration {
  package func tolerates(_ taint: Taint) -> Bool {
    if let effect, !effect.isEmpty, effect != taint.effect { return false }
    let key = key ?? ""
    if `operator` == "Exists" { return key.isEmpty || key == taint.key }
    return key == taint.key && (value ?? "") == (taint.value ?? "")
  }
}
