import CoreNode
import EdgeLinux

/// The ends of a container's standard streams, ours and the child's.
struct ShimStreams {
  private(set) var forChild: [ChildProcess.Stream] = []
  private(set) var arguments: [String] = []
  private(set) var input: Descriptor?
  private(set) var terminal: Descriptor?
  private let log: ContainerLog
  private let hasInput: Bool
  private var readers: [(Descriptor, ContainerLog.Source)] = []
  /// Made before the container starts: it knows from then on what came first.
  private var order: ReadyOrder?
  private var console: ConsoleSocket?

  init(_ order: ShimOrder, log: ContainerLog) throws {
    self.log = log
    hasInput = order.stdin
    if order.terminal {
      let console = try ConsoleSocket(directory: order.bundle, name: "console")
      self.console = console
      arguments = ["--console-socket", console.short]
      return
    }
    for (number, source) in [(Int32(1), ContainerLog.Source.stdout), (2, .stderr)] {
      let (reader, writer) = try Descriptor.pipe()
      reader.setNonBlocking()
      readers.append((reader, source))
      forChild.append(ChildProcess.Stream(writer, as: number))
    }
    self.order = try ReadyOrder(readers.map(\.0))
    if order.stdin {
      let (reader, writer) = try Descriptor.pipe()
      forChild.append(ChildProcess.Stream(reader, as: 0))
      writer.setNonBlocking()
      input = writer
    }
  }

  /// Our copies of what the child has: while one is open, a stream does not end.
  mutating func closeChildEnds() { forChild = [] }

  /// Copies the streams into the log; the task ends with them.
  mutating func copy() async throws -> Task<Void, Never> {
    if let console {
      let master = try await console.terminal()
      readers.append((master, .stdout))
      // Another descriptor of it, so that reading and writing can wait at the same time.
      terminal = try master.duplicate()
      if hasInput { input = terminal }
    }
    console = nil
    let (readers, log, order) = (readers, log, try order ?? ReadyOrder(readers.map(\.0)))
    return Task.detached { await log.copy(readers, order) }
  }
}
