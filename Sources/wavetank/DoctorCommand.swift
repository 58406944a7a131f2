import EdgeLinux
import EdgeRuntime
import Glibc

/// wavetank doctor: what of the machine is there, and so what can be done with this program here.
enum DoctorCommand {
  struct Options: CommandOptions {
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [dataDirectory] }
  }

  static let command = Command(
    "doctor", "says what works here, and what to install",
    details: [
      "It tries what it says: a control group with limits, namespaces, an overlay where the data would be, the rules of Services in a "
        + "network of their own. Nothing is left of it, and a cluster that runs does not notice."
    ],
    exitCodes: [0: "all works", 1: "something does not"], options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) async {
    var missing: Set<MachineCheck> = []
    for check in MachineCheck.allCases {
      let finding = await check.look(invocation.dataDirectory)
      for line in lines(check, finding) { Standard.output(line) }
      if finding.isMissing { missing.insert(check) }
    }
    Standard.output("")
    for ability in Ability.all { Standard.output(line(ability, missing)) }
    exit(missing.isEmpty ? 0 : 1)
  }

  private static func lines(_ check: MachineCheck, _ finding: MachineCheck.Finding) -> [String] {
    func line(_ mark: String, _ text: String) -> String { padded(check.rawValue, 15) + padded(mark, 9) + text }
    func advice(_ text: String) -> String { padded("", 24) + text }
    return switch finding {
    case .fine(let text): [line("ok", text)]
    case .limited(let text, let hint): [line("limited", text), advice(hint)]
    case .missing(let text, let hint): [line("missing", text), advice(hint)]
    }
  }

  static func line(_ ability: Ability, _ missing: Set<MachineCheck>) -> String {
    let wanted = ability.needs.filter(missing.contains).map(\.rawValue)
    let name = ability.name.filter { $0 != "`" }
    return wanted.isEmpty ? "works      \(name)" : "does not   \(name): \(wanted.joined(separator: ", "))"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
