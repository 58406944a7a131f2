import EdgeLinux
import EdgeRuntime
import Glibc

if CommandLine.arguments.dropFirst().first == ShimServer.word { await ShimServer.main() }
Descriptor.ignoreBrokenPipes()
do throws(UsageError) {
  switch try CommandTable.wavetank.parse(Array(CommandLine.arguments.dropFirst())) {
  case .overview: Standard.output(CommandTable.wavetank.overview)
  case .help(let commands): HelpCommand.show(commands)
  case .run(let command, let values): try await command.run(values)
  }
} catch {
  Standard.error(Standard.prefix + error.description)
  exit(2)
}
