package import CoreNode
package import CoreObjects
import EdgeRuntime

/// What a cluster's nodes are made of.
package struct AgentConfiguration: Sendable {
  /// Distinguishes clusters of one machine: names the control groups. Lower-case letters, digits and "-".
  package var clusterID: String
  /// To begin with.
  package var nodes: [AgentNode]
  package var addresses = ClusterAddresses()
  package var dataDirectory: String
  /// How many times faster than the wall's clock cluster time runs.
  package var speed: Double
  /// Cluster time.
  package var now: @Sendable () -> Instant
  /// What nodes want to have left; nil: the usual.
  package var evictionThresholds: EvictionThresholds?
  /// Threads that a pod may have; nil: as many as its node.
  package var podProcessLimit: Int?
  /// Returns once the network treats pods as it was told to: no container starts before.
  package var isNetworkReady: @Sendable () async -> Void = {}
  /// This program, to be started as the shim of the containers, with which they outlive this process; nil: they end with it.
  package var shimProgram: String?

  package init(
    clusterID: String, nodes: [AgentNode], dataDirectory: String, speed: Double = 1, now: @escaping @Sendable () -> Instant
  ) {
    self.clusterID = clusterID
    self.nodes = nodes
    self.dataDirectory = dataDirectory
    self.speed = speed
    self.now = now
  }

  var runDirectory: String { dataDirectory + "/run" }
  /// Small files of pods, which come and go with them: in memory, in the mount namespace of the containers' roots. A file system on a disk
  /// looks for a place that was not freed lately, the longer the more pods have gone.
  var memoryDirectory: String { runDirectory + "/memory" }
  var logDirectory: String { dataDirectory + "/logs" }
  var volumeDirectory: String { dataDirectory + "/volumes" }

  var cgroup: Cgroup { Cgroup("/wavetank-" + clusterID) }

  /// How cluster time runs, for another process.
  var clock: ClusterClock { ClusterClock(speed: speed, origin: now()) }

  /// The wall's time for a span of cluster time.
  func wall(_ seconds: Int) -> Duration { .nanoseconds(Int64(min(Double(seconds) * 1e9 / speed, 9e18))) }
}

package enum AgentError: Error, CustomStringConvertible {
  case notRoot
  case noRuntime
  case badName(String)
  case tooManyNodes(Int)
  case setup(String)
  case noContainer(String)
  case noPod(String)
  case noNode(String)
  case noHandler(String)

  package var description: String {
    switch self {
    case .notRoot: "running containers needs root: start Wavetank with sudo, or without containers"
    case .noRuntime: "crun does not run: install it (apt-get install crun)"
    case .badName(let name): "\"\(name)\" cannot name a file"
    case .tooManyNodes(let count): "\(count) nodes are more than the 250 that the network has room for"
    case .noNode(let name): "there is no node \(name)"
    case .noHandler(let name): "Failed to create pod sandbox: no runtime for \"\(name)\" is configured: there is crun"
    case .noPod(let uid): "no pod with uid \(uid) has a network here"
    case .setup(let cause): "the nodes could not be set up: \(cause)"
    case .noContainer(let id): "no container \(id) is running"
    }
  }
}

/// A name from outside that becomes part of a path.
enum PathName {
  /// - Throws: `badName` for one that could lead elsewhere.
  static func check(_ names: String...) throws(AgentError) {
    for name in names {
      let isSafe =
        !name.isEmpty && name.utf8.count <= 253
        && name.utf8.allSatisfy { byte in
          (48...57).contains(byte) || (97...122).contains(byte | 32) || byte == 45 || byte == 46 || byte == 95
        }
      if !isSafe || name.hasPrefix(".") { throw .badName(name) }
    }
  }
}
