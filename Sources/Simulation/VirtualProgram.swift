/// What a simulated container does.
package enum VirtualProgram: Sendable, Equatable {
  /// Runs until it is stopped.
  case idle(memoryBytes: Int64)
  /// The practice's application: maps the volume's file anew every `everySeconds` and keeps it in memory.
  case mapsFile(everySeconds: Int)
  /// The practice's job: adds `add` MiB, spreads the size over the pods of the label app=NAME, ends with 0.
  case spreadsLoad(name: String, add: Int)
  /// Ends by itself.
  case exits(afterSeconds: Int, code: Int)

  /// Memory of the program itself.
  static let base: Int64 = 1 << 20

  var firstMemory: Int64 { if case .idle(let bytes) = self { bytes } else { VirtualProgram.base } }
  var stopsOnSignal: Bool { true }
  var cpuMillicores: Int64 { if case .mapsFile = self { 5 } else { 1 } }
}
