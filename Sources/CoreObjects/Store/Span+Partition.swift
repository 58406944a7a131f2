extension Span {
  /// The first index whose element does not come before the one looked for, in a sorted span.
  ///
  /// Every look-up of an object ends here: no index is outside, so none is checked.
  @inline(__always) func partition(_ comesBefore: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) &>> 1
      if comesBefore(self[unchecked: middle]) { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}
