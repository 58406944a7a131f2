import Glibc

// wavetank-bench [ROW …]: measures what design targets speak of, and prints target and measured value side by side.
// Started by `make bench`; --program PATH is the release build of wavetank.
signal(SIGPIPE, SIG_IGN)
var words = Array(CommandLine.arguments.dropFirst())
var program = ".build/release/wavetank"
if let index = words.firstIndex(of: "--program"), index + 1 < words.count {
  program = words[index + 1]
  words.removeSubrange(index...(index + 1))
}
if words.first == "hold" {
  HeldPods.childMain()
}
let rows = Rows.all(program).filter { words.isEmpty || words.contains($0.id) }
if rows.isEmpty {
  say("wavetank-bench: no such row; the rows are \(Rows.all(program).map(\.id).joined(separator: " "))", to: 2)
  exit(2)
}
say(
  "Client and server share this machine's \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores. Medians of \(Rows.repetitions) runs.\n")
say(Table.line("row", "what", "target", "measured", ""))
var isMissed = false
for row in rows {
  do {
    let values = try (0..<row.repetitions).map { _ in try row.measure() }.sorted()
    let value = values[values.count / 2]
    let holds = row.isLowerBetter ? value <= row.target : value >= row.target
    isMissed = isMissed || !holds
    say(Table.line(row.id, row.title, row.text(row.target, asTarget: true), row.text(value), holds ? "ok" : "MISSED"))
  } catch {
    say(Table.line(row.id, row.title, row.text(row.target, asTarget: true), "-", "\(error)"))
  }
}
