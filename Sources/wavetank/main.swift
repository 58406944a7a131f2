import Daemon
import Glibc

signal(SIGPIPE, SIG_IGN)
var arguments = Array(CommandLine.arguments.dropFirst())
var command = arguments.isEmpty ? "help" : arguments.removeFirst()
// Of a command as well: it does nothing then.
if arguments.contains("--help") || arguments.contains("-h") { command = "help" }
switch command {
case "up": await UpCommand.run(arguments)
case "down": DownCommand.run(arguments)
case "status": StatusCommand.run(arguments)
case "load": ImageCommand.load(arguments)
case "image": ImageCommand.image(arguments)
case "practice" where arguments.contains("--simulate"): PracticeCommand.simulate(arguments)
case "practice": await PracticeCommand.play(arguments)
case "explain": ExplainCommand.run(arguments)
case "simulate": SimulateCommand.run(arguments)
case "version", "--version": Standard.output("wavetank 0.1.0 (Kubernetes API v1.36)")
case "help", "--help", "-h": Standard.output(Usage.text)
default:
  Usage.refuse("unknown command '\(command)'")
}
