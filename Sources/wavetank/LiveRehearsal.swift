import CoreReport
import Daemon
import EdgeAgent
import EdgeClient
import EdgeLinux
import Rehearsal
import Simulation

/// A rehearsal on a cluster: of its own with real containers, or one that is there already.
struct LiveRehearsal {
  typealias Played = (record: RunRecord, beginning: RunBeginning)
  let rehearsal: RehearsalInvocation

  /// - Throws: what the cluster refuses.
  func play(_ invocation: Invocation<RehearseCommand.Options>) async throws(RehearsalError) -> Played {
    // What is wrong with the input is found before anything is started.
    _ = try RehearsalRun.play(rehearsal.input, name: RunRecord.simulated)
    return invocation.live ? try await own(speed: invocation.speed) : try await remote(invocation)
  }

  private static func say(_ line: String) { Standard.error(line) }

  // MARK: A cluster of its own

  private func own(speed: Double) async throws(RehearsalError) -> Played {
    let input = rehearsal.input
    try input.requirePlayable()
    let cluster = OwnCluster(nil) { configuration in
      configuration.port = 0
      configuration.speed = speed
      configuration.featureGates = input.featureGates
      // The scenario's nodes run no control plane.
      configuration.names = ["node"]
      if input.nodes == RehearsalInput.roomyNodes { return }
      configuration.names = ["control-plane"] + input.nodes.map(\.name)
      for node in input.nodes {
        configuration.sizes[node.name] = AgentNode.Size(cpuMillicores: node.cpuMillicores, memoryBytes: node.memoryBytes)
      }
    }
    let played = await cluster.run { cluster in
      let count = cluster.nodes.count
      LiveRehearsal.say(
        "A cluster of \(count) node\(count == 1 ? "" : "s") at \(Decimal.text(speed, places: 2))x: "
          + "\(Elapsed.text(input.seconds)) take \(Elapsed.text(input.seconds / speed)) and the time until all is ready.")
      for image in rehearsal.images { try await LiveRehearsal.prepare(image, cluster) }
      return await LiveRehearsal.result {
        try await LiveRun.play(
          input, on: LocalAccess(cluster: cluster), name: RunRecord.live, isOwn: true, say: LiveRehearsal.say)
      }
    }
    return try played.get()
  }

  private static func prepare(_ image: PackedImage, _ cluster: Cluster) async throws {
    do {
      switch image.source {
      case .program(let path):
        _ = try cluster.perform(.pack(name: image.name, program: path))
        _ = try cluster.perform(.loadImage(name: image.name))
      case .archive(let path): _ = try cluster.perform(.loadArchive(path: path))
      case .tools: say(try await cluster.pullTools(image.name))
      }
    } catch { throw RehearsalError("\(error)", at: image.place) }
  }

  // MARK: A cluster that is there

  private func remote(_ invocation: Invocation<RehearseCommand.Options>) async throws(RehearsalError) -> Played {
    let endpoint = RemotePractice.endpoint(invocation.context, kubeconfig: invocation.kubeconfig)
    Self.say("On \(endpoint.origin) for \(Elapsed.text(rehearsal.input.seconds)). What the run makes there it removes.")
    let playing = Task { [input = rehearsal.input] in
      await Self.result {
        try await LiveRun.play(input, on: RemoteAccess(endpoint), name: RunRecord.live, isOwn: false, say: Self.say)
      }
    }
    let stopSignal = StopSignal()
    Task {
      await stopSignal.wait()
      playing.cancel()
    }
    return try await playing.value.get()
  }

  /// What fails because the cluster does not answer ends the process with 3.
  private static func result(_ body: () async throws -> Played) async -> Result<Played, RehearsalError> {
    do { return .success(try await body()) } catch let error as RehearsalError { return .failure(error) } catch {
      Standard.fail(error is CancellationError ? "stopped before its end" : "\(error)")
    }
  }
}
