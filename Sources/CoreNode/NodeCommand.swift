/// What the core wants a node to do. Commands of one pod are carried out in order; those of different pods in parallel.
/// Every command is answered by exactly the observations that its case names. Repeating a command does no harm.
package struct NodeCommand: Sendable, Equatable {
  package var node: String
  package var action: NodeAction

  package init(node: String, action: NodeAction) {
    self.node = node
    self.action = action
  }
}

package enum NodeAction: Sendable, Equatable {
  /// Makes the pod's network namespace, cgroup and volumes. Answer: sandboxStarted or sandboxFailed.
  case startSandbox(SandboxSpec)
  /// Looks for an image on the node and pulls it where allowed. Answer: imageReady or imageFailed.
  case ensureImage(podUID: String, container: String, WantedImage)
  /// Creates and starts a container in the pod's sandbox. Answer: containerStarted or containerFailed; later containerExited.
  case startContainer(ContainerSpec)
  /// Sends the stop signal, kills after the grace period (cluster time). Answer: containerExited.
  case stopContainer(podUID: String, containerID: String, graceSeconds: Int)
  /// Changes the control groups of a pod and of containers that run. Answer: resized.
  case resize(ResizeSpec)
  /// Deletes an exited container's root and bundle; its log stays until the sandbox goes. No answer.
  case removeContainer(podUID: String, containerID: String)
  /// Replaces the files of a configMap, secret or projected volume, atomically as kubelet does. No answer.
  case writeVolume(podUID: String, volume: String, files: [VolumeFile])
  /// Kills what is left, unmounts, removes network namespace, cgroup, logs. Answer: sandboxRemoved.
  case removeSandbox(podUID: String)
  /// One attempt of a probe. Answer: probed.
  case probe(ProbeSpec)
  /// Runs a lifecycle hook in a container. Answer: hookFinished.
  case runHook(podUID: String, containerID: String, hook: ProbeAction, timeoutSeconds: Int)
  /// Makes the directory behind a dynamically provisioned volume. Answer: volumeCreated or volumeFailed.
  case createVolume(name: String, capacityBytes: Int64)
  /// Deletes the directory behind a volume. Answer: volumeDeleted or volumeFailed.
  case deleteVolume(name: String)

  /// No program of a user's runs for it, and nobody is told: it need not wait until what asked for it is on the disk. Of a pod that never
  /// gets there it is taken away (`NodePlanner.removals`).
  package var isPreparation: Bool {
    switch self {
    case .startSandbox, .ensureImage: true
    default: false
    }
  }
}

/// When an image may be fetched from its registry.
package enum ImagePull: Sendable, Equatable { case never, ifNotPresent, always }

/// An image that a pod wants, and what it can show for it.
package struct WantedImage: Sendable, Equatable {
  package var image: String
  package var pull: ImagePull
  package var keyring: RegistryKeyring

  package init(image: String, pull: ImagePull, keyring: RegistryKeyring = RegistryKeyring()) {
    self.image = image
    self.pull = pull
    self.keyring = keyring
  }
}

/// A pod's surroundings.
package struct SandboxSpec: Sendable, Equatable, Codable {
  package var podUID: String
  package var namespace: String
  package var name: String
  package var hostname: String
  /// Fully qualified domain for /etc/hosts, such as `app-0.app.default.svc.cluster.local`; empty without a subdomain.
  package var domain = ""
  package var hostNetwork = false
  /// Of its RuntimeClass; empty: the node's usual one.
  package var handler = ""
  /// Sum of the containers' limits for the pod's cgroup; nil without a limit.
  package var memoryLimitBytes: Int64?
  package var cpuLimitMillicores: Int64?
  package var cpuRequestMillicores: Int64 = 0
  package var volumes: [VolumeSpec] = []
  package var storage = StorageLimits()
  package var fsGroup: Int?
  /// A persistent volume whose top directory is the group's already is left as it is.
  package var keepsOwnership = false
  /// Parameters of the kernel that hold for its network and its IPC, such as net.ipv4.tcp_syncookies.
  package var sysctls: [EnvironmentVariable] = []
  package var processes = ProcessNamespace.ofContainer
  package var hostIPC = false
  /// Extra lines for /etc/hosts: address and names.
  package var hostAliases: [HostAlias] = []
  package var dns = DNSSpec()

  /// Whether what the pod writes has a limit that the file system does not know.
  package var isMeasured: Bool {
    storage.pod != nil || volumes.contains { if case .emptyDir(memory: false, _?) = $0.source { true } else { false } }
  }
}

/// What a pod may have on its node's disk, bytes: all of it, and single containers with their logs.
package struct StorageLimits: Sendable, Equatable, Codable {
  package var pod: Int64?
  package var containers: [String: Int64] = [:]
}

/// Whose processes a container sees.
package enum ProcessNamespace: Sendable, Equatable, Codable {
  case ofContainer, ofPod, ofHost
}

package struct HostAlias: Sendable, Equatable, Codable {
  package var address: String
  package var names: [String]
}

package struct VolumeSpec: Sendable, Equatable, Codable {
  package var name: String
  package var source: VolumeSource
  /// The claim that it is of.
  package var claim: String?
}

package enum VolumeSource: Sendable, Equatable, Codable {
  /// A scratch directory that lives as long as the pod; `memory` puts it on a tmpfs.
  case emptyDir(memory: Bool, sizeLimitBytes: Int64?)
  /// `type` is hostPath's: "", Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice, BlockDevice.
  case hostPath(path: String, type: String)
  /// configMap, secret, downwardAPI or projected: files that the core resolved.
  case files([VolumeFile])
  /// A provisioned volume by the name of its PersistentVolume.
  case persistent(volumeName: String, readOnly: Bool)
}

/// One file of a volume. `path` is relative, without "..".
package struct VolumeFile: Sendable, Equatable, Codable {
  package var path: String
  package var content: [UInt8]
  package var mode = 0o644
  /// nil: root.
  package var owner: Int?
}

package struct ContainerSpec: Sendable, Equatable, Codable {
  package var podUID: String
  package var namespace: String
  package var podName: String
  package var name: String
  /// Unique for each start: 64 hexadecimal digits.
  package var containerID: String
  /// Counts restarts from 0; names the log file.
  package var attempt: Int
  /// The image's identifier as imageReady reported it.
  package var imageID: String
  /// nil: the image's entrypoint. $(NAME) is expanded already.
  package var command: [String]?
  /// nil: the image's arguments (only where `command` is nil too).
  package var arguments: [String]?
  package var workingDirectory: String?
  /// Set over the image's own, in order.
  package var environment: [EnvironmentVariable] = []
  package var mounts: [MountSpec] = []
  package var memoryLimitBytes: Int64?
  package var cpuLimitMillicores: Int64?
  package var cpuRequestMillicores: Int64 = 0
  package var oomScoreAdjustment = 0
  package var security = SecuritySpec()
  /// The container whose processes it sees; nil: as the pod has it.
  package var target: String?
  package var terminal = false
  package var stdin = false
  /// The input ends with the first client that was attached to it.
  package var stdinOnce = false
  package var terminationMessagePath = "/dev/termination-log"
  /// terminationMessagePolicy FallbackToLogsOnError.
  package var terminationMessageFromLog = false
}

/// What a pod and its running containers, by their identifiers, may use from now on.
package struct ResizeSpec: Sendable, Equatable {
  package var podUID: String
  package var pod: ComputeLimits
  package var containers: [String: ComputeLimits] = [:]
}

/// nil: no limit.
package struct ComputeLimits: Sendable, Equatable {
  package var memoryBytes: Int64?
  package var cpuMillicores: Int64?
  package var cpuRequestMillicores: Int64
}

package struct EnvironmentVariable: Sendable, Equatable, Codable {
  package var name: String
  package var value: String
}

package struct MountSpec: Sendable, Equatable, Codable {
  package var volume: String
  package var path: String
  package var subPath = ""
  package var readOnly = false
  package var propagation = MountPropagation.none
  /// Of a volume that is an image: which.
  package var imageID: String?
}

/// Whether mounts that are made later below one another are seen: by neither, by the container, by both.
package enum MountPropagation: Sendable, Equatable, Codable { case none, hostToContainer, bidirectional }

package struct SecuritySpec: Sendable, Equatable, Codable {
  package var user: Int?
  package var group: Int?
  package var supplementalGroups: [Int] = []
  /// Those that the image's /etc/group gives the user do not count.
  package var onlySupplementalGroups = false
  package var runAsNonRoot = false
  package var readOnlyRoot = false
  package var privileged = false
  package var allowPrivilegeEscalation = true
  package var addedCapabilities: [String] = []
  package var droppedCapabilities: [String] = []
  package var seccomp = SeccompProfile.runtimeDefault
}

/// Which system calls a container may make.
package enum SeccompProfile: Sendable, Equatable, Codable {
  case unconfined, runtimeDefault
  /// A file of the node.
  case localhost(String)
}

package struct ProbeSpec: Sendable, Equatable {
  package var podUID: String
  package var containerID: String
  package var kind: ProbeKind
  package var action: ProbeAction
  /// Cluster time.
  package var timeoutSeconds: Int
}

package enum ProbeKind: String, Sendable, Equatable { case startup, liveness, readiness }

package enum ProbeAction: Sendable, Equatable {
  case exec([String])
  /// `host` nil: the pod's own address.
  case http(scheme: String, host: String?, port: Int, path: String, headers: [EnvironmentVariable])
  case tcp(host: String?, port: Int)
  /// `service` empty: the server as a whole.
  case grpc(port: Int, service: String)
  case sleep(seconds: Int)
}
