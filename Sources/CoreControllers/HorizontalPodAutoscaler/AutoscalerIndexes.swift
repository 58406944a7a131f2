import CoreObjects

/// What is kept of all pods and all autoscalers together, so that a look costs no more than its own pods.
struct AutoscalerIndexes: Sendable {
  var pods = PodIndex()
  var selectors = SelectorIndex()

  /// Finds the pods of a target, and who else scales them.
  /// - Returns: whether the selector is another than before
  mutating func find(
    _ found: inout AutoscaledPods, of autoscaler: ObjectKey, _ target: ScaleTarget, _ snapshot: Snapshot
  ) -> Bool {
    guard target.hasValidSelector else {
      found = AutoscaledPods()
      selectors.remove(autoscaler)
      return false
    }
    let isOther = found.find(target.selector, of: autoscaler, &pods, snapshot)
    let isNew = isOther && selectors.put(autoscaler, target.selector)
    found.findRival(of: autoscaler, selectors)
    return isNew
  }
}
