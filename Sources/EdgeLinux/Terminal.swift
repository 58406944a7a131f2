import Glibc

/// The person's terminal, where standard output, or standard error, is one.
package enum Terminal {
  package static let isOutput = isatty(1) == 1
  package static let isError = isatty(2) == 1

  /// nil where nobody knows.
  package static var columns: Int? {
    var size = winsize()
    return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
  }
}
