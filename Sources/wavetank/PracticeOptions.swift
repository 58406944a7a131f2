/// The options of the practice's three forms: with containers, in virtual time, and on a cluster that is there already.
struct PracticeOptions: CommandOptions {
  let simulate = Option.flag("--simulate", "plays it in virtual time, in a fraction of a second, with the same bytes twice")
  let seed = Option.wholeNumber("--seed", "N", 0...9_000_000_000_000_000, default: 1, "decides all chance of a simulation")
    .only(with: "--simulate")
  let context = Option.value(
    "--context", "NAME", .text, "plays it on the cluster of this context of the kubeconfig, at that cluster's pace"
  )
  .never(with: "--simulate")
  let kubeconfig = Option.value(
    "--kubeconfig", "F", .file, "the kubeconfig of that cluster", default: "$KUBECONFIG or ~/.kube/config"
  )
  .never(with: "--simulate")
  let speed = Option.number("--speed", "N", 1...240, default: 60, "how many times as fast as the wall's the cluster's time is")
    .never(with: "--simulate", "--context", "--kubeconfig")
  let app = Option.value(
    "--app", "PROGRAM", .file, "the practice's program, built", default: "this project's .build/practice/app"
  )
  .never(with: "--simulate", "--context", "--kubeconfig")
  let dataDirectory = Option.value(
    "--data-dir", "D", .folder, "where its cluster keeps its data", default: "a folder that is removed at the end"
  )
  .never(with: "--simulate", "--context", "--kubeconfig")
  let port = Option.wholeNumber("--port", "P", 0...65_535, default: 0, "the port of its API server; 0 is any that is free")
    .never(with: "--simulate", "--context", "--kubeconfig")
  let csv = Option.value("--csv", "FILE", .file, default: "practice.csv", "where the timeline is written").never(
    with: "--simulate")
  let manifests = Option.value(
    "--manifests", "D", .folder, "the folder of the manifests", default: "this project's Practice/manifests")

  var all: [any OptionDescription] { [simulate, seed, context, kubeconfig, speed, app, dataDirectory, port, csv, manifests] }
}
