import CLinux
import COpenSSL
import Glibc

/// Reads many watches on one thread, and finds in what they bring the times that writes carry.
final class WatchReader {
  private let connections: [Connection]
  private let epoll = epoll_create1(0)
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  init(_ connections: [Connection]) {
    self.connections = connections
    for (index, connection) in connections.enumerated() {
      _ = fcntl(connection.socket, F_SETFL, fcntl(connection.socket, F_GETFL) | O_NONBLOCK)
      var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(index)))
      epoll_ctl(epoll, EPOLL_CTL_ADD, connection.socket, &event)
    }
  }

  deinit { close(epoll) }

  /// Seconds between writing and hearing, for each event of each connection.
  func read(each count: Int, until deadline: Double) -> [Double] {
    var found: [Double] = []
    let mark = Array(#""at":""#.utf8)
    while found.count < count * connections.count, seconds() < deadline {
      for bytes in arrivals() {
        let now = seconds()
        var start = bytes.startIndex
        while let range = bytes[start...].firstRange(of: mark) {
          let text = bytes[range.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
          if let written = Double(String(decoding: text, as: UTF8.self)) { found.append(now - written) }
          start = range.upperBound
        }
      }
    }
    return found
  }

  func waitFor(_ text: String, until deadline: Double) -> Bool {
    let mark = Array(text.utf8)
    while seconds() < deadline {
      if arrivals().contains(where: { $0.firstRange(of: mark) != nil }) { return true }
    }
    return false
  }

  private func arrivals() -> [[UInt8]] {
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    let count = epoll_wait(epoll, &events, 256, 100)
    return (0..<max(0, Int(count))).map { index in
      let ssl = connections[Int(events[index].data.u64)].ssl
      var bytes: [UInt8] = []
      while case let got = Int(SSL_read(ssl, &buffer, Int32(buffer.count))), got > 0 { bytes += buffer.prefix(got) }
      return bytes
    }
  }
}
