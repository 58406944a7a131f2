import EdgeLinux

extension ImageRecipe {
  /// The practice's application: one program at /app, and a busybox for what is run inside with `kubectl exec`.
  package static func application(name: String, program: String) throws(ImageError) -> ImageRecipe {
    var recipe = ImageRecipe(name: name)
    try recipe.addProgram(program, at: "app")
    try recipe.addBusybox()
    try recipe.addSurroundings()
    recipe.command = ["/app", "/tmp/data", "30"]
    recipe.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    return recipe
  }

  /// Stands in for alpine/k8s where no registry can be reached: bash, jq, kubectl and busybox from this machine.
  package static func kubernetesTools(name: String) throws(ImageError) -> ImageRecipe {
    var recipe = ImageRecipe(name: name)
    guard let bash = Files.program("bash-static") ?? Files.program("bash") else {
      throw missing("bash", package: "bash-static")
    }
    guard let jq = Files.program("jq") else { throw missing("jq", package: "jq") }
    guard let kubectl = oldestKubectl() else {
      throw .engine(reason: "kubectl is not on this machine: install it, version 1.25 or later")
    }
    try recipe.addProgram(bash, at: "bin/bash")
    try recipe.addProgram(jq, at: "usr/bin/jq")
    try recipe.addProgram(kubectl, at: "usr/bin/kubectl")
    try recipe.addBusybox()
    try recipe.addSurroundings()
    recipe.command = ["/bin/bash"]
    recipe.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    return recipe
  }

  /// The oldest that is at least 1.25 among files named kubectl.1.N or kubectl-1.N, as the image's own is 1.25; else any kubectl.
  /// Such files lie on the PATH, or where a link on it leads.
  private static func oldestKubectl() -> String? {
    let path = Environment["PATH"] ?? ""
    var directories = path.split(separator: ":").map(String.init)
    directories += directories.compactMap { Files.resolved($0 + "/kubectl") }.map {
      String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)])
    }
    var oldest: (minor: Int, path: String)?
    for directory in directories {
      for file in (try? Files.list(directory)) ?? [] where file.hasPrefix("kubectl") {
        let digits = file.drop { !$0.isNumber }
        guard digits.hasPrefix("1."), let minor = Int(digits.dropFirst(2).prefix { $0.isNumber }), minor >= 25 else { continue }
        if minor < oldest?.minor ?? .max, Files.isExecutable(directory + "/" + file) { oldest = (minor, directory + "/" + file) }
      }
    }
    return oldest?.path ?? Files.program("kubectl")
  }
}
