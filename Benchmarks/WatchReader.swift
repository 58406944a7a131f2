import CLinux
import COpenSSL
import Glibc

/// Reads many watches on one thread, and finds in what they bring the times that writes carry. Lean, since it takes its time
/// from the server on the same cores.
final class WatchReader {
  private let connections: [Connection]
  private let epoll = epoll_create1(0)
  private let buffer = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 16)

  init(_ connections: [Connection]) {
    self.connections = connections
    for (index, connection) in connections.enumerated() {
      _ = fcntl(connection.socket, F_SETFL, fcntl(connection.socket, F_GETFL) | O_NONBLOCK)
      var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(index)))
      epoll_ctl(epoll, EPOLL_CTL_ADD, connection.socket, &event)
    }
  }

  deinit {
    close(epoll)
    buffer.deallocate()
  }

  /// Seconds between writing and hearing, for each event of each connection.
  func read(each count: Int, until deadline: Double) -> [Double] {
    var found: [Double] = []
    found.reserveCapacity(count * connections.count)
    while found.count < count * connections.count, seconds() < deadline {
      eachArrival { text in
        let now = seconds()
        var rest = text
        while let place = strstr(rest, "\"at\":\"") {
          rest = UnsafePointer(place + 6)
          found.append(now - strtod(rest, nil))
        }
      }
    }
    return found
  }

  func waitFor(_ text: String, until deadline: Double) -> Bool {
    var isThere = false
    while !isThere, seconds() < deadline {
      eachArrival { isThere = isThere || strstr($0, text) != nil }
    }
    return isThere
  }

  /// One call for each record that came, as text that a zero ends: the server writes an event as one.
  private func eachArrival(_ body: (UnsafePointer<CChar>) -> Void) {
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    let count = epoll_wait(epoll, &events, 256, 100)
    for event in events.prefix(max(0, Int(count))) {
      let ssl = connections[Int(event.data.u64)].ssl
      repeat {
        let got = Int(SSL_read(ssl, buffer.baseAddress, Int32(buffer.count - 1)))
        if got <= 0 { break }
        buffer[got] = 0
        body(UnsafePointer(buffer.baseAddress!))
      } while SSL_pending(ssl) > 0
    }
  }
}
