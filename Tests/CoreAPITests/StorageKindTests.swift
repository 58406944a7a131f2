import CoreAPI
import CoreObjects
import Testing

@Suite("CSI drivers, nodes, capacities, attachments and classes of attributes")
struct StorageKindTests {
  private static let root = "/apis/storage.k8s.io/v1/"
  private static let merge = "application/merge-patch+json"

  @Test("a driver is stored with upstream's defaults and says that nobody asks it; what it needs attached does not change")
  func driver() {
    var bench = Bench()
    let path = Self.root + "csidrivers"
    let made = bench.send("POST", path, ["metadata": ["name": "disks.example.com"], "spec": ["podInfoOnMount": true]])
    #expect(made.status == 201 && made.warnings.count == 1 && made.warnings[0].contains("no driver is asked"), "\(made.body)")
    let spec = made.body[.spec]
    #expect(spec["attachRequired"] == true && spec["podInfoOnMount"] == true && spec["storageCapacity"] == false)
    #expect(spec["fsGroupPolicy"] == "ReadWriteOnceWithFSType" && spec["volumeLifecycleModes"] == ["Persistent"])
    let changed = bench.send("PATCH", path + "/disks.example.com", ["spec": ["attachRequired": false]], type: Self.merge)
    #expect(changed.causes == ["Invalid spec.attachRequired"])
    let row = bench.get(path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body[.rows][0][.cells]
    #expect(Array(row.elements.prefix(7)) == ["disks.example.com", true, true, false, "<unset>", false, "Persistent"])
  }

  @Test(
    "objects of storage are refused with reason and field",
    arguments: [
      (
        "csidrivers",
        #"{"metadata":{"name":"d"},"spec":{"fsGroupPolicy":"Some","volumeLifecycleModes":["Short"],"nodeAllocatableUpdatePeriodSeconds":9,"tokenRequests":[{"audience":"a","expirationSeconds":1},{"audience":"a"}]}}"#,
        [
          "NotSupported spec.fsGroupPolicy", "NotSupported spec.volumeLifecycleModes",
          "Invalid spec.nodeAllocatableUpdatePeriodSeconds",
          "Invalid spec.tokenRequests[0].expirationSeconds", "Duplicate spec.tokenRequests[1].audience",
        ]
      ),
      (
        "csidrivers", #"{"metadata":{"name":"d"},"spec":{"serviceAccountTokenInSecrets":true}}"#,
        ["Invalid spec.serviceAccountTokenInSecrets"]
      ),
      (
        "csinodes",
        #"{"metadata":{"name":"n"},"spec":{"drivers":[{"name":"D_","nodeID":"","topologyKeys":["a","a",""],"allocatable":{"count":-1}},{"name":"e","nodeID":"x"},{"name":"e","nodeID":"y"}]}}"#,
        [
          "Invalid spec.drivers[0].name", "Required spec.drivers[0].nodeID", "Duplicate spec.drivers[0].topologyKeys[1]",
          "Required spec.drivers[0].topologyKeys[2]", "Invalid spec.drivers[0].allocatable.count",
          "Duplicate spec.drivers[2].name",
        ]
      ),
      (
        "namespaces/default/csistoragecapacities",
        #"{"metadata":{"name":"c"},"storageClassName":"","capacity":"-1","maximumVolumeSize":"-2"}"#,
        ["Invalid storageClassName", "Invalid capacity", "Invalid maximumVolumeSize"]
      ),
      (
        "volumeattachments", #"{"metadata":{"name":"v"},"spec":{"attacher":"","nodeName":"N_","source":{}}}"#,
        ["Required spec.attacher", "Invalid spec.nodeName", "Required spec.source"]
      ),
      (
        "volumeattachments",
        #"{"metadata":{"name":"v"},"spec":{"attacher":"a","nodeName":"n","source":{"persistentVolumeName":"p","inlineVolumeSpec":{}}}}"#,
        ["Forbidden spec.source"]
      ),
      ("volumeattributesclasses", #"{"metadata":{"name":"g"}}"#, ["Required driverName", "Required parameters"]),
      (
        "volumeattributesclasses", #"{"metadata":{"name":"g"},"driverName":"a b","parameters":{"":"x"}}"#,
        ["Invalid driverName", "Invalid parameters"]
      ),
    ])
  func refusals(_ resource: String, _ text: String, _ expected: [String]) {
    var bench = Bench()
    let answer = bench.send("POST", Self.root + resource, text: text)
    #expect(answer.status == 422 && answer.causes.sorted() == expected.sorted(), "\(answer.body)")
  }

  @Test("an attachment's spec stays, and its status is written apart")
  func attachment() {
    var bench = Bench()
    let path = Self.root + "volumeattachments"
    let spec: JSON = ["attacher": "disks.example.com", "nodeName": "n", "source": ["persistentVolumeName": "pv"]]
    let made = bench.send("POST", path, ["metadata": ["name": "v"], "spec": spec, "status": ["attached": true]])
    #expect(made.status == 201 && made.body[.status] == ["attached": false] && made.warnings.count == 1, "\(made.body)")
    #expect(bench.send("PATCH", path + "/v", ["spec": ["nodeName": "m"]], type: Self.merge).causes == ["Invalid spec"])
    let error: JSON = ["message": .string(String(repeating: "x", count: 1025))]
    let long = bench.send("PATCH", path + "/v/status", ["status": ["attached": true, "attachError": error]], type: Self.merge)
    #expect(long.causes == ["TooLong status.attachError.message"])
    let done = bench.send("PATCH", path + "/v/status", ["status": ["attached": true]], type: Self.merge)
    #expect(done.status == 200)
    let row = bench.get(path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body[.rows][0][.cells]
    #expect(Array(row.elements.prefix(5)) == ["v", "disks.example.com", "pv", "n", true])
  }

  @Test("of a node's driver only the number of its volumes changes, of a class of attributes nothing")
  func updates() {
    var bench = Bench()
    func drivers(_ count: Int, _ id: String = "x") -> JSON {
      ["spec": ["drivers": [["name": "e", "nodeID": .string(id), "allocatable": ["count": .int(Int64(count))]]]]]
    }
    var node = drivers(1)
    node.put("metadata", ["name": "n"])
    #expect(bench.send("POST", Self.root + "csinodes", node).status == 201)
    #expect(bench.send("PATCH", Self.root + "csinodes/n", drivers(2), type: Self.merge).status == 200)
    #expect(bench.send("PATCH", Self.root + "csinodes/n", drivers(2, "y"), type: Self.merge).causes == ["Invalid CSINodeDriver"])
    let gold: JSON = ["metadata": ["name": "gold"], "driverName": "e", "parameters": ["iops": "9"]]
    #expect(bench.send("POST", Self.root + "volumeattributesclasses", gold).warnings.count == 1)
    let changed = bench.send(
      "PATCH", Self.root + "volumeattributesclasses/gold", ["driverName": "f", "parameters": ["iops": "1"]], type: Self.merge)
    #expect(changed.causes.sorted() == ["Forbidden driverName", "Forbidden parameters"])
  }
}
