import Glibc

/// An image's STOPSIGNAL: a name with or without SIG, or a number.
enum SignalName {
  static let kill = SIGKILL

  private static let numbers: [String: Int32] = [
    "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ABRT": SIGABRT, "KILL": SIGKILL, "USR1": SIGUSR1, "USR2": SIGUSR2,
    "ALRM": SIGALRM,
    "TERM": SIGTERM, "CONT": SIGCONT, "STOP": SIGSTOP, "WINCH": SIGWINCH, "PWR": SIGPWR, "RTMIN": 34,
  ]

  /// SIGTERM where the image names none, or none that there is.
  static func number(_ name: String?) -> Int32 {
    guard let name else { return SIGTERM }
    if let number = Int32(name), (1...64).contains(number) { return number }
    let upper = name.uppercased()
    let short = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    if let offset = short.split(separator: "+").dropFirst().first.flatMap({ Int32($0) }), short.hasPrefix("RTMIN+"), offset < 31 {
      return 34 + offset
    }
    return numbers[short] ?? SIGTERM
  }
}
