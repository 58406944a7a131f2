import CLinux
import Glibc

/// Several non-blocking streams as one source: they are read in the order in which there came something to read.
package final class ReadyOrder: Sendable {
  private let epoll: Descriptor
  private let streams: [Descriptor]

  package init(_ streams: [Descriptor]) throws(SystemError) {
    self.streams = streams
    epoll = Descriptor(owning: try system("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    for (index, stream) in streams.enumerated() {
      var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(index)))
      try system("epoll_ctl") { epoll_ctl(epoll.number, EPOLL_CTL_ADD, stream.number, &event) }
    }
  }

  /// Waits until some streams can be read, or are at their end.
  /// - Returns: their indices; the kernel keeps them in the order in which they became ready.
  package func next() async throws -> [Int] {
    try await Readiness.shared.wait(for: epoll, writing: false)
    var events = [epoll_event](repeating: epoll_event(), count: streams.count)
    let count = epoll_wait(epoll.number, &events, Int32(events.count), 0)
    return events.prefix(max(0, Int(count))).map { Int($0.data.u64) }
  }

  /// That stream is not waited for any more.
  package func remove(_ index: Int) { epoll_ctl(epoll.number, EPOLL_CTL_DEL, streams[index].number, nil) }
}
