import CoreObjects
import Testing

@testable import CoreNode

@Suite("What a container is given: volumes of images and claims, mounts, profiles, runtimes, probes")
struct PodVolumeTests {
  private static let tools: JSON = ["name": "tools", "image": ["reference": "tools:1", "pullPolicy": "Never"]]
  private static let mounting: JSON = [
    "name": "main", "image": "app:test", "volumeMounts": [["name": "tools", "mountPath": "/tools", "subPath": "bin"]],
  ]

  private func images(_ bench: inout NodeBench) -> [String] {
    bench.taken().compactMap { if case .ensureImage(_, let name, let request) = $0 { "\(name) \(request.image)" } else { nil } }
  }

  @Test("the image of a volume is found before that of the container that mounts it, once for all of them")
  func image() throws {
    var bench = NodeBench()
    bench.run([Self.mounting, ["name": "other", "image": "o"]], ["volumes": [Self.tools]])
    guard case .startSandbox(let sandbox) = try #require(bench.taken().first) else { return #expect(Bool(false)) }
    #expect(sandbox.volumes == [])
    bench.sandboxStarts()
    #expect(images(&bench) == ["main tools:1", "other o"])
    let tools = ImageFacts(id: "sha256:tools", names: [], sizeBytes: 1)
    bench.tell(.imageReady(podUID: NodeBench.uid, container: "main", image: tools))
    #expect(images(&bench) == ["main app:test"])
    bench.imageComes("main")
    guard case .startContainer(let spec)? = bench.taken().last else { return #expect(Bool(false)) }
    #expect(spec.imageID == NodeBench.image.id && spec.mounts.map(\.imageID) == ["sha256:tools"])
    #expect(bench.events.first { $0.message.contains("tools:1") }?.fieldPath == nil)
  }

  @Test("a container whose volume's image is missing waits with that reason, and the others run")
  func missingImage() {
    var bench = NodeBench()
    bench.run([Self.mounting, ["name": "other", "image": "o"]], ["volumes": [Self.tools]])
    bench.sandboxStarts()
    bench.tell(.imageFailed(podUID: NodeBench.uid, container: "main", reason: .neverPull, message: "is not there"))
    bench.starts("other")
    #expect(bench.status().state.waiting.reason == "ErrImageNeverPull" && !bench.status("other").state.running.isAbsent)
    _ = bench.taken()
    bench.wait(10)
    #expect(images(&bench) == ["main tools:1"])
  }

  @Test("what nodes do not mount is told in one event, whichever way it comes: a volume, a claim's volume, a raw device")
  func unmountable() {
    func told(_ volume: JSON, _ persistent: JSON = [:], mode: String = "Filesystem") -> [String] {
      var bench = NodeBench()
      bench.put(
        ObjectKey(.persistentVolumeClaims, namespace: "default", "c"),
        ["spec": ["volumeName": "pv", "volumeMode": .string(mode)], "status": ["phase": "Bound"]])
      bench.put(ObjectKey(.persistentVolumes, "pv"), ["spec": persistent])
      var named = volume
      named["name"] = "v"
      bench.run(main, ["volumes": [named]])
      bench.wait(30)
      #expect(bench.steps() == [] && Set(bench.reasons) == ["FailedMount"])
      return bench.events.map(\.message)
    }
    let nfs: JSON = ["nfs": ["server": "s", "path": "/"]]
    let claim: JSON = ["persistentVolumeClaim": ["claimName": "c"]]
    let start = "MountVolume.SetUp failed for volume \"v\": "
    #expect(told(nfs) == [start + "it is of type nfs, which nodes of this cluster do not mount"])
    #expect(
      told(claim, ["capacity": ["storage": "1Gi"], "nfs": ["server": "s", "path": "/"]])
        == [start + "persistentvolume \"pv\" is of type nfs, which nodes of this cluster do not mount"])
    #expect(
      told(claim, ["local": ["path": "/x"]], mode: "Block")
        == [start + "persistentvolumeclaim \"c\" is of volumeMode Block: there are no block devices here"])
  }

  @Test("a container has its own seccomp profile before the pod's, and its mounts are passed on as they say")
  func security() {
    var bench = NodeBench()
    let mount: JSON = ["name": "v", "mountPath": "/v", "mountPropagation": "HostToContainer"]
    let profile: JSON = ["type": "Localhost", "localhostProfile": "a/b.json"]
    bench.run(
      [["name": "main", "image": "app:test", "volumeMounts": [mount], "securityContext": ["seccompProfile": profile]]],
      ["volumes": [["name": "v", "emptyDir": [:]]], "securityContext": ["seccompProfile": ["type": "RuntimeDefault"]]])
    bench.sandboxStarts()
    bench.imageComes("main")
    guard case .startContainer(let spec)? = bench.taken().last else { return #expect(Bool(false)) }
    #expect(spec.security.seccomp == .localhost("a/b.json") && spec.mounts.map(\.propagation) == [.hostToContainer])
  }

  @Test("a probe by gRPC asks the health service of its port, for the service that it names")
  func grpc() {
    var bench = NodeBench()
    let probe: JSON = ["grpc": ["port": 5000, "service": "store"]]
    bench.run([["name": "main", "image": "app:test", "livenessProbe": probe]])
    bench.sandboxStarts()
    bench.starts("main")
    guard case .probe(let asked)? = bench.taken().last else { return #expect(Bool(false)) }
    #expect(asked.action == .grpc(port: 5000, service: "store"))
  }

  @Test("a pod's class of runtimes says which one its node is asked for, and is waited for")
  func runtime() {
    var bench = NodeBench()
    bench.run(main, ["runtimeClassName": "sandboxed"])
    #expect(bench.steps() == [] && bench.reasons == ["FailedCreatePodSandBox"])
    bench.put(ObjectKey(.runtimeClasses, "sandboxed"), ["handler": "runsc"])
    bench.wait(20)
    guard case .startSandbox(let spec)? = bench.taken().first else { return #expect(Bool(false)) }
    #expect(spec.handler == "runsc")
  }

  @Test("a pod waits for the claim of its ephemeral volume, and takes no other's")
  func ephemeral() {
    var bench = NodeBench()
    let key = ObjectKey(.persistentVolumeClaims, namespace: "default", "p-scratch")
    func claim(_ owner: String) -> JSON {
      [
        "metadata": ["ownerReferences": [["uid": .string(owner), "controller": true]]], "spec": ["volumeName": "pv"],
        "status": ["phase": "Bound"],
      ]
    }
    bench.put(ObjectKey(.persistentVolumes, "pv"), ["metadata": ["annotations": ["pv.kubernetes.io/provisioned-by": "x"]]])
    bench.put(key, claim("somebody"))
    bench.run(main, ["volumes": [["name": "scratch", "ephemeral": ["volumeClaimTemplate": [:]]]]])
    #expect(bench.steps() == [] && bench.events.last?.message.contains("was not created for pod default/p") == true)
    bench.put(key, claim(NodeBench.uid))
    guard case .startSandbox(let spec)? = bench.taken().first else { return #expect(Bool(false)) }
    #expect(spec.volumes.map(\.source) == [.persistent(volumeName: "pv", readOnly: false)])
  }
}
