import CoreAPI
import CoreNode
import Daemon
import EdgeLinux
import Glibc

/// wavetank up: runs a cluster until Ctrl-C or `wavetank down`.
enum UpCommand {
  struct Options: CommandOptions {
    let nodes = Option.value(
      "--nodes", "N", .wholeNumber(1...50), "how many nodes it has", default: "those that it had, or 1")
    let nodeCPU = Option.nodeCPU
    let nodeMemory = Option.nodeMemory
    let speed = Option.number("--speed", "N", 0.01...10_000, default: 1, "how many times as fast as the wall's its time is")
    let port = Option.wholeNumber("--port", "P", 0...65_535, default: 6443, "the port of its API server; 0 is any that is free")
    let publish = Option.list(
      "--publish", "PORT", .text,
      "has a port of this machine lead to a node port: 8080:30080; or as 'publish' takes it"
    ).never(with: "--without-containers")
    let dataDirectory = Option.dataDirectory
    let kubeconfig = Option.value(
      "--kubeconfig", "F", .file, "where the kubeconfig is written", default: "kubeconfig in the data directory")
    let detach = Option.flag("--detach", "leaves it running in the background, once it is up")
    let featureGates = Option.featureGates
    let registry = Option.value(
      "--registry", "PORT", .wholeNumber(0...65_535), "takes images that are pushed to localhost:PORT; 0 is any that is free"
    ).never(with: "--without-containers")
    let registryConfig = Option.value(
      "--registry-config", "FILE", .file, "mirrors, certificates and credentials of registries, as k3s' registries.yaml has them",
      default: "registries.yaml in the data directory, where there is one")
    let evictionHard = Option.value(
      "--eviction-hard", "SIGNAL<N,...", .text, "what nodes want to have left, or they end pods; as the kubelet takes it",
      default: "100Mi of memory and of disk")
    let podMaxPids = Option.value(
      "--pod-max-pids", "N", .wholeNumber(1...Int(Int32.max)), "how many processes and threads a pod may have",
      default: "as many as the machine")
    let withoutContainers = Option.flag("--without-containers", "runs no pods; needs no root")

    let isolated = Option.flag(
      "--isolated",
      "leaves the machine's network as it is: pods have no way out of the cluster's, and the machine none into it but what is published"
    )

    var all: [any OptionDescription] {
      [
        nodes, nodeCPU, nodeMemory, speed, port, publish, dataDirectory, kubeconfig, detach, featureGates, registry,
        registryConfig, evictionHard, podMaxPids, withoutContainers, isolated,
      ]
    }
  }

  static let command = Command(
    "up", "runs a cluster until Ctrl-C or 'wavetank down'",
    details: ["What the cluster has answered is kept in its data directory: the next 'up' brings it back."],
    examples: [
      "up --nodes 3 --speed 60 --detach": "three nodes, a minute of whose time takes a second; in the background",
      "up --publish 8080:30080": "127.0.0.1:8080 of this machine leads to node port 30080",
      "up --registry 5000": "docker push localhost:5000/app:1, and pods run that image without a pull",
    ],
    options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) async throws(UsageError) {
    let directory = invocation.dataDirectory
    var configuration = ClusterConfiguration(
      dataDirectory: directory, kubeconfig: invocation.kubeconfig ?? directory + "/kubeconfig")
    configuration.nodes = invocation.nodes.flatMap { Int($0) }
    configuration.nodeSize = try NodeCommand.size(invocation.nodeCPU, invocation.nodeMemory)
    configuration.speed = invocation.speed
    configuration.port = UInt16(invocation.port)
    do throws(FeatureGateError) { configuration.featureGates = try FeatureGate.read(invocation.featureGates ?? "") } catch {
      throw UsageError("--feature-gates: \(error)")
    }
    if let text = invocation.evictionHard {
      do throws(EvictionThresholdError) { configuration.evictionThresholds = try EvictionThresholds(text) } catch {
        throw UsageError("--eviction-hard: \(error)")
      }
    }
    configuration.podProcessLimit = invocation.podMaxPids.flatMap { Int($0) }
    configuration.published = try PublishCommand.ports(invocation.publish, of: "--publish")
    configuration.runsContainers = !invocation.withoutContainers
    configuration.linksMachine = !invocation.isolated
    configuration.shimProgram = "/proc/self/exe"
    DataDirectory.make(directory)
    configuration.registryPort = invocation.registry.flatMap { UInt16($0) }
    configuration.registries = RegistryFile.read(invocation.registryConfig, in: directory)
    configuration.dockerConfiguration = RegistryFile.ofDocker
    if invocation.detach { detach(invocation, configuration.kubeconfig) }
    let stopSignal = StopSignal()
    let cluster: Cluster
    do throws(ClusterError) { cluster = try await Cluster(configuration) } catch { Standard.fail("\(error)") }
    ProcessFile.write(directory)
    Standard.output(
      "The cluster is up at https://\(cluster.address) with \(cluster.nodes.count) node(s), time runs at \(configuration.speed)x."
    )
    Standard.output("export KUBECONFIG=\(configuration.kubeconfig)")
    for line in (cluster.registryLine.map { [$0] } ?? []) + cluster.published { Standard.output(line) }
    await stopSignal.wait()
    Standard.output("Stopping.")
    await cluster.stop()
    ProcessFile.remove(directory)
    exit(0)
  }

  /// Starts the same command again without a terminal, waits until the kubeconfig is there, and leaves. What belongs to a cluster that
  /// runs on the directory already is not touched: only its lock, which the other process asks for, says whether there is one.
  private static func detach(_ invocation: Invocation<Options>, _ kubeconfig: String) -> Never {
    let directory = invocation.dataDirectory
    // It has the name that all look at once it is the cluster's, so that of two at once each reads its own.
    let log = directory + "/wavetank-\(getpid()).log"
    let words = ["up"] + invocation.words(without: \.detach)
    let process: ChildProcess
    do throws(SystemError) {
      let output = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND)
      // Who reads what this command was given to write to must not wait for the cluster's end.
      ChildProcess.keepFromPrograms(from: 3)
      process = try ChildProcess.start(
        "/proc/self/exe", words, environment: Environment.all, streams: [.init(output, as: 1), .init(output, as: 2)],
        session: true)
    } catch { Standard.fail("cannot start in the background: \(error.reason)") }
    for _ in 0..<1000 {
      if ProcessFile.read(directory) == process.pid {
        do throws(SystemError) { try Files.rename(log, to: directory + "/wavetank.log") } catch { Standard.fail("\(error)") }
        // What it has to complain of.
        for line in said(directory + "/wavetank.log") where !["The cluster is up", "export "].contains(where: line.hasPrefix) {
          Standard.error(line)
        }
        Standard.output("export KUBECONFIG=\(kubeconfig)")
        exit(0)
      }
      if process.collect() != nil { fail(log) }
      _ = process.hasEnded(within: 10)
    }
    Standard.fail("the cluster did not come up within 10 s; see \(log)")
  }

  private static func said(_ log: String) -> [String] {
    let said = (try? Files.read(log)) ?? []
    return String(decoding: said.prefix(4096), as: UTF8.self).split { $0 == "\n" }.map { String($0) }
  }

  /// Says why the other process ended, in its own words: the last line that it wrote.
  private static func fail(_ log: String) -> Never {
    guard let last = said(log).last, last.hasPrefix(Standard.prefix) else {
      Standard.fail("the cluster did not start; see \(log)")
    }
    try? Files.remove(log)
    Standard.fail(String(last.dropFirst(Standard.prefix.count)))
  }
}

/// The running cluster's process number, in its data directory.
enum ProcessFile {
  static func path(_ directory: String) -> String { directory + "/wavetank.pid" }

  static func write(_ directory: String) { try? Files.write(path(directory), "\(getpid())\n") }

  static func remove(_ directory: String) { try? Files.remove(path(directory)) }

  /// The process, if it is alive.
  static func read(_ directory: String) -> pid_t? {
    let digits = (try? Files.readText(path(directory)))?.prefix { $0.isNumber } ?? ""
    return pid_t(digits).flatMap { ChildProcess.isRunning($0) ? $0 : nil }
  }
}
