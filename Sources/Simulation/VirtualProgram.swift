/// What a simulated container does.
package enum VirtualProgram: Sendable {
  /// Runs until it is stopped.
  case idle(memoryBytes: Int64)
  /// Ends by itself.
  case exits(afterSeconds: Int, code: Int)
  case script(any VirtualScript)

  /// Memory of the program itself.
  package static let base: Int64 = 1 << 20

  var firstMemory: Int64 { if case .idle(let bytes) = self { bytes } else { VirtualProgram.base } }
  var stopsOnSignal: Bool { true }
  var cpuMillicores: Int64 { if case .script(let script) = self { script.cpuMillicores } else { 1 } }
}
