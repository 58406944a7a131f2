package import CoreObjects

/// What a node saw. Times are cluster time.
package struct NodeObservation: Sendable, Equatable {
  package var node: String
  package var event: NodeEvent

  package init(node: String, event: NodeEvent) {
    self.node = node
    self.event = event
  }
}

package enum NodeEvent: Sendable, Equatable {
  /// The node is up: reported at the start and whenever one of the figures changes.
  case nodeReady(NodeFacts)
  case sandboxStarted(podUID: String, address: String)
  /// `reason` is an event reason such as FailedCreatePodSandBox or FailedMount.
  case sandboxFailed(podUID: String, reason: String, message: String)
  case sandboxRemoved(podUID: String)
  /// A registry is asked for an image; imageReady or imageFailed follows.
  /// `progress`: how far it has come, where it takes long.
  case imagePulling(podUID: String, container: String, progress: String? = nil)
  case imageReady(podUID: String, container: String, image: ImageFacts, ImageOrigin = .present)
  case imageFailed(podUID: String, container: String, reason: ImageFailure, message: String)
  case containerStarted(podUID: String, containerID: String, at: Instant)
  case containerFailed(podUID: String, containerID: String, reason: StartFailure, message: String)
  case containerExited(podUID: String, containerID: String, ContainerExit)
  /// `success` nil: the probe itself could not be made, which says nothing of the container.
  case probed(podUID: String, containerID: String, kind: ProbeKind, success: Bool?, message: String)
  case hookFinished(podUID: String, containerID: String, success: Bool, message: String)
  /// `failure`: why its control groups were left as they were.
  case resized(podUID: String, containerIDs: [String], failure: String?)
  /// The pod has written more than its limits allow.
  case storageExceeded(podUID: String, message: String)
  case volumeCreated(name: String, path: String)
  case volumeDeleted(name: String)
  case volumeFailed(name: String, message: String)
  /// The images that are on the node, after each change.
  case images([ImageFacts])
}

/// Where the image of a container comes from.
package enum ImageOrigin: Sendable, Equatable {
  /// It was on the node.
  case present
  /// As above, since its registry could not be asked for a newer one.
  case unasked(reason: String)
  case pulled(milliseconds: Int)
}

/// Why an image is not there: the reason for which its container waits.
package enum ImageFailure: String, Sendable {
  case invalidName = "InvalidImageName"
  case neverPull = "ErrImageNeverPull"
  case pull = "ErrImagePull"
}

/// Why a container was not started: the reason for which it waits.
package enum StartFailure: String, Sendable {
  /// Its configuration is not complete, or not possible with its image.
  case configuration = "CreateContainerConfigError"
  /// Its root or its files could not be made.
  case creation = "CreateContainerError"
  /// The runtime made it, and could not start its command: the container has ended.
  case run = "RunContainerError"
}

package struct ContainerExit: Sendable, Equatable {
  package enum Cause: Sendable, Equatable {
    /// Its first process ended, by itself or by a signal.
    case process
    case outOfMemory
    /// Its command could not be started.
    case neverStarted
    /// Nobody saw how: what looked after it had ended before it.
    case unseen
  }

  /// 128 + signal for a container that a signal ended.
  package var code: Int
  package var cause = Cause.process
  package var at: Instant
  package var startedAt: Instant
  /// What the container left as its termination message; at most 4,096 bytes.
  package var message = ""
  package init(code: Int, at: Instant, startedAt: Instant) {
    self.code = code
    self.at = at
    self.startedAt = startedAt
  }

  /// Of a container whose command could not be started. Source: containerd, internal/cri/server, v2: 128, and a start that never was.
  static func neverStarted(_ message: String, at now: Instant) -> ContainerExit {
    var exit = ContainerExit(code: 128, at: now, startedAt: Instant(nanoseconds: 0))
    exit.cause = .neverStarted
    exit.message = message
    return exit
  }

  /// What a container's state says of it in one word.
  var reason: String {
    switch cause {
    case .process: code == 0 ? "Completed" : "Error"
    case .outOfMemory: "OOMKilled"
    case .neverStarted: "StartError"
    case .unseen: "Unknown"
    }
  }

  /// The cause of an end that a status told.
  static func cause(_ reason: String?) -> Cause {
    switch reason {
    case "OOMKilled": .outOfMemory
    case "StartError": .neverStarted
    case "Unknown": .unseen
    default: .process
    }
  }

  /// It ran for so long that its failures before are forgotten.
  var isLateEnough: Bool { cause != .neverStarted && at - startedAt >= .seconds(2 * BackOff.longest) }
}

package struct ImageFacts: Sendable, Equatable {
  /// "sha256:…" of the image's configuration.
  package var id: String
  /// Full references: "docker.io/library/app:test".
  package var names: [String]
  package var sizeBytes: Int64
  /// The user that the image names, as a number where it is one.
  package var user: String
  package init(id: String, names: [String], sizeBytes: Int64, user: String = "") {
    self.id = id
    self.names = names
    self.sizeBytes = sizeBytes
    self.user = user
  }
}

package struct NodeFacts: Sendable, Equatable {
  package var address: String
  package var cpuMillicores: Int64
  package var memoryBytes: Int64
  package var ephemeralStorageBytes: Int64
  package var maxPods: Int
  package var kernelVersion: String
  package var osImage: String
  package var architecture: String
  package var runtimeVersion: String
  package var machineID: String
  package var isControlPlane: Bool
  /// Ordinary pods stay away from it: the control plane's node of a cluster with several.
  package var isTainted = false
  /// The network of its pods; nil: by the order in which nodes came.
  package var podCIDR: String?
  /// How it looks names up.
  package var resolver = DNSSpec()
  /// What an earlier agent of the node has begun and left to this one, by the pods' UIDs.
  package var kept: [String: KeptPod] = [:]
  /// What it wants to have left. Pods cannot be promised that.
  package var evictionThresholds = EvictionThresholds()
  package init(
    address: String, cpuMillicores: Int64, memoryBytes: Int64, ephemeralStorageBytes: Int64, maxPods: Int, kernelVersion: String,
    osImage: String, architecture: String, runtimeVersion: String, machineID: String, isControlPlane: Bool
  ) {
    self.address = address
    self.cpuMillicores = cpuMillicores
    self.memoryBytes = memoryBytes
    self.ephemeralStorageBytes = ephemeralStorageBytes
    self.maxPods = maxPods
    self.kernelVersion = kernelVersion
    self.osImage = osImage
    self.architecture = architecture
    self.runtimeVersion = runtimeVersion
    self.machineID = machineID
    self.isControlPlane = isControlPlane
  }
}

/// A pod that has outlived the agent which began it.
package struct KeptPod: Sendable, Equatable {
  package var address: String
  /// Its containers' identifiers: of those that run, and of those whose end is going to be told.
  package var containers: [String]

  package init(address: String, containers: [String]) { (self.address, self.containers) = (address, containers) }
}
