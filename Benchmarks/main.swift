import CLinux
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
if words.first == HeldPods.childWord {
  HeldPods.childMain()
}
words = words.flatMap { $0.split(separator: ",").map(String.init) }
let known = Rows.all(program)
if let unknown = words.first(where: { word in !known.contains { $0.id == word } }) {
  say("wavetank-bench: there is no row '\(unknown)'; the rows are \(known.map(\.id).joined(separator: " "))", to: 2)
  exit(2)
}
say(
  "Client and server share this machine's \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores. Medians of \(Rows.repetitions) runs or more.\n"
)
let speed = Yardstick.speed(pieces: 19)
say(
  "Just now this machine has \((speed * 100).rounded() / 100) of the reference machine's speed. Targets are judged by what that would measure.\n"
)
say(Table.line("row", "what", "target", "measured", "at reference", ""))
// As the simulations of `wavetank` do.
if known.contains(where: { $0.isAlone && (words.isEmpty || words.contains($0.id)) }) { linux_grow_heap_by(1 << 30) }
var endsOnSignals = false
for row in known where words.isEmpty || words.contains(row.id) {
  if !row.isAlone, !endsOnSignals {
    Belongings.endOnSignals()
    endsOnSignals = true
  }
  do {
    // On a shared machine the speed of a minute ago tells little.
    let before = Yardstick.speed(pieces: 5)
    var values: [Double] = []
    for _ in 0..<row.repetitions { values.append(try await row.measure()) }
    values.sort()
    let value = values[values.count / 2]
    let scaled = row.atReference(value, speed: (before + Yardstick.speed(pieces: 5)) / 2)
    say(Table.line(row.id, row.title, row.targetText, row.text(value), row.text(scaled), row.verdict(scaled)))
  } catch {
    say(Table.line(row.id, row.title, row.targetText, "-", "-", "\(error)"))
  }
}
