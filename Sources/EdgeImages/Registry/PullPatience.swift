/// How long a registry is waited for, and how often it is asked.
package struct PullPatience: Sendable {
  /// For a connection, and between two pieces of an answer.
  package var silence = Duration.seconds(20)
  /// For the whole of a manifest, a configuration or a token.
  package var document = Duration.seconds(60)
  /// In each of which at least `leastBytes` have to come.
  package var period = Duration.seconds(60)
  package var leastBytes: Int64 = 64 << 10
  /// How often the same thing is asked for, where a registry fails in passing.
  package var attempts = 4
  /// Before the second attempt; twice as long before each further one.
  package var delay = Duration.milliseconds(500)
  /// A registry that asks for more time than this is told to have failed.
  package var longestDelaySeconds = 30
  package var redirects = 5
  package var layersAtOnce = 3
  package var layers = 500

  package init() {}
}
