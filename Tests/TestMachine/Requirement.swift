import Foundation

/// What a test needs of the machine that runs it. A laptop may lack it, then the test is skipped; a machine with CI=true
/// promises all of it, there the test runs and fails.
package enum Requirement: CaseIterable {
  case root
  case crun
  case busybox
  case kubectl
  case mandoc

  package static func met(_ requirements: Requirement...) -> Bool { isPromised || requirements.allSatisfy(\.isMet) }

  package static let isPromised = ProcessInfo.processInfo.environment["CI"] == "true"

  private var isMet: Bool {
    switch self {
    case .root: geteuid() == 0
    case .crun: access("/usr/bin/crun", X_OK) == 0
    case .busybox: access("/bin/busybox", X_OK) == 0
    case .kubectl: Kubectl.all != Kubectl.none
    case .mandoc: access("/usr/bin/mandoc", X_OK) == 0
    }
  }
}

/// The kubectl programs of this machine.
package enum Kubectl {
  /// Stands for a program that is missing, so that a test that must not be skipped fails by name.
  static let none = ["kubectl"]

  /// One of each version where they lie side by side, as the Google Cloud SDK has them, else the first of the PATH.
  package static let all: [String] = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    let candidates = folders.map { String($0) + "/kubectl" }
    guard let first = candidates.first(where: { access($0, X_OK) == 0 }) else { return none }
    let folder = URL(fileURLWithPath: first).resolvingSymlinksInPath().deletingLastPathComponent().path
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix("kubectl.1.") }
    return names.isEmpty ? [first] : names.sorted().map { folder + "/" + $0 }
  }()

  /// 28 of v1.28.4; 0 where it cannot be asked.
  package static func minor(_ path: String) -> Int {
    guard let text = try? Program.runHere(path, ["version", "--client", "-o", "json"]).output else { return 0 }
    guard let range = text.range(of: #""minor": ""#) else { return 0 }
    return Int(text[range.upperBound...].prefix { $0.isNumber }) ?? 0
  }

  /// The newest.
  package static var newest: String { all[all.count - 1] }
}
