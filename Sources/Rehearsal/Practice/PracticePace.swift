/// What is done when, in seconds of the cluster's time.
package struct PracticePace: Sendable {
  /// Between two looks.
  package var interval: Int64 = 15
  /// The load is taken away before the look at this second, or at the first one at which all replicas are ready after it.
  package var unloadsBefore: Int64 = 0
  /// How long the practice goes on, also where everything has been seen.
  package var length: Int64 = 0
  /// Whether each look measures the pods, for a picture.
  package var measuresPods = true

  /// As the practice by hand tells it: five replicas for a while, and what follows the way down.
  package static let simulated: PracticePace = {
    var pace = PracticePace()
    pace.unloadsBefore = 159 * 60
    pace.length = 180 * 60
    pace.measuresPods = false
    return pace
  }()
}
