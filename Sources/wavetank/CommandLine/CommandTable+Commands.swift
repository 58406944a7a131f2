extension CommandTable {
  /// In the order of the help; those that share their first word stand together.
  static let wavetank: CommandTable = CommandTable(commands: [
    UpCommand.command, DownCommand.command, StatusCommand.command, DoctorCommand.command, PublishCommand.command,
    NetCommand.cut, NetCommand.loss, NetCommand.delay, NetCommand.show, NetCommand.heal,
    NodeCommand.add, NodeCommand.remove, NodeCommand.stop, NodeCommand.start,
    ImageCommand.loadImage, ImageCommand.loadArchive,
    ImageCommand.pack, ImageCommand.packTools, ImageCommand.list, ImageCommand.pull, ImageCommand.save,
    ImageCommand.remove, ImageCommand.prune,
    RehearseCommand.command, TuneCommand.command,
    PracticeCommand.command, ExplainCommand.command, SimulateCommand.command,
    HelpCommand.command, CompletionCommand.command, ManualCommand.command, VersionCommand.command,
  ])
}

extension Option<String?> {
  static var featureGates: Self {
    .value("--feature-gates", "NAME=BOOL", .text, "features of Kubernetes that are off in v1.36, such as HPAScaleToZero=true")
  }
}

extension Option<String> {
  /// Of the commands that reach a cluster by its data directory.
  static var dataDirectory: Self {
    Self(
      "--data-dir", value: "D", .folder, "where the cluster keeps its data",
      default: "$XDG_DATA_HOME/wavetank or ~/.local/share/wavetank"
    ) { $0.last ?? DataDirectory.standard }
  }
}
