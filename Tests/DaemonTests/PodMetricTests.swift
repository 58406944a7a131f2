import CoreObjects
import Daemon
import EdgeHTTP
import Foundation
import TestMachine
import Testing

/// A cluster with containers that runs 60 times as fast, and pods of the stand-in image that tell metrics.
private struct MetricCluster {
  static let image = "tools:test"
  let test: TestCluster
  var cluster: Cluster { test.cluster }

  init() async throws {
    test = try await TestCluster {
      $0.runsContainers = true
      $0.nodes = 1
      $0.speed = 60
    }
    _ = try test.cluster.perform(.packTools(name: MetricCluster.image))
  }

  /// Asks until an object is as it should be.
  func wait(_ path: String, _ what: String, _ holds: (JSON) -> Bool) async throws {
    try await DaemonTests.wait(for: what, { await cluster.send(.get, path).body }, until: holds)
  }

  func create(_ path: String, _ text: String) async throws {
    let answer = await cluster.send(.post, path, try JSONParser.parse(Array(text.utf8)))
    guard answer.status == 201 else { throw ProgramError(description: "\(path): \(answer.body)") }
  }

  /// A Deployment of one container.
  func deploy(_ name: String, annotations: String, _ container: String, volumes: String = "[]") async throws {
    try await create(
      "/apis/apps/v1/namespaces/default/deployments",
      """
      {"metadata":{"name":"\(name)"},"spec":{"selector":{"matchLabels":{"app":"\(name)"}},"template":{
       "metadata":{"labels":{"app":"\(name)"},"annotations":\(annotations)},"spec":{"terminationGracePeriodSeconds":0,
       "volumes":\(volumes),"containers":[{"name":"main","image":"\(MetricCluster.image)","imagePullPolicy":"Never",\(container)}]}}}}
      """)
  }

  func autoscale(_ metric: String, most: Int) async throws {
    try await create(
      "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
      """
      {"metadata":{"name":"web"},"spec":{"minReplicas":1,"maxReplicas":\(most),"metrics":[\(metric)],
       "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}
      """)
  }

  static let deployments = "/apis/apps/v1/namespaces/default/deployments"
}

@Suite(
  "Metrics of real pods", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: Requirement.met(.root, .crun, .busybox), "needs root, crun and busybox"))
struct PodMetricTests {
  @Test("a pod's metrics page is scraped, served as custom.metrics.k8s.io, and scales its Deployment")
  func scraped() async throws {
    let metrics = try await MetricCluster()
    let script =
      "mkdir /www; echo '# TYPE queue_length gauge' > /www/metrics; echo 'queue_length{kind=\\\"mail\\\"} 25' >> /www/metrics; "
      + "exec busybox httpd -f -p 8080 -h /www"
    try await metrics.deploy(
      "web", annotations: #"{"prometheus.io/scrape":"true","prometheus.io/port":"8080"}"#,
      #""command":["sh","-c","\#(script)"]"#)
    try await metrics.autoscale(
      #"{"type":"Pods","pods":{"metric":{"name":"queue_length"},"target":{"type":"AverageValue","averageValue":"10"}}}"#,
      most: 3)
    let path = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/queue_length"
    try await metrics.wait(path, "the metric") { $0[.items][0][.value] == "25" }
    try await metrics.wait(MetricCluster.deployments + "/web", "3 replicas") { $0[.spec][.replicas] == 3 }
    let external = await metrics.cluster.send(.get, "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue_length")
    #expect(external.body[.items][0]["metricLabels"] == ["kind": "mail"])
    await metrics.test.stop()
  }

  /// Answers every GET with a file of the query's kind. Python is of the machine: the image has no TLS.
  private static let server = """
    import http.server, json, ssl
    class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"
      def do_GET(self):
        subject = dict(entry[0] for entry in self.connection.getpeercert().get("subject", ()))
        value = {"metricName": "depth", "value": "30", "asked": self.headers["X-Remote-User"], "by": subject.get("commonName")}
        body = json.dumps({"kind": "ExternalMetricValueList", "resources": [], "items": [value]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/files/tls.crt", "/files/tls.key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations("/files/front-proxy-ca.crt")
    server = http.server.ThreadingHTTPServer(("", 6443), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
    """

  @Test(
    "an adapter in a pod is reached by its address in the cluster's network, and believes the front proxy's certificate",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "needs python3"))
  func adapterInPod() async throws {
    let metrics = try await MetricCluster()
    let files = metrics.test.directory + "/files"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    let authority = try CertificateAuthority(named: "adapter-ca")
    let identity = try authority.issueServer(commonName: "adapter", names: ["adapter.default.svc"])
    let told = await metrics.cluster.send(
      .get, "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
    ).body[.data]
    let frontProxy = try #require(told["requestheader-client-ca-file"].string)
    #expect(told["requestheader-allowed-names"] == #"["front-proxy-client"]"#)
    for (name, bytes) in [
      ("server.py", Array(Self.server.utf8)), ("tls.crt", identity.certificatePEM), ("tls.key", identity.keyPEM),
      ("front-proxy-ca.crt", Array(frontProxy.utf8)),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: files + "/" + name))
    }
    func host(_ name: String, _ path: String) -> String { #"{"name":"\#(name)","hostPath":{"path":"\#(path)"}}"# }
    try await metrics.deploy(
      "adapter", annotations: "{}",
      #""command":["/usr/bin/python3","/files/server.py"],"ports":[{"name":"https","containerPort":6443}],"#
        + #""volumeMounts":[{"name":"usr","mountPath":"/usr"},{"name":"lib","mountPath":"/lib"},"#
        + #"{"name":"lib64","mountPath":"/lib64"},{"name":"files","mountPath":"/files"}]"#,
      volumes: "[\(host("usr", "/usr")),\(host("lib", "/usr/lib")),\(host("lib64", "/usr/lib64")),\(host("files", files))]")
    try await metrics.create(
      "/api/v1/namespaces/default/services",
      #"{"metadata":{"name":"adapter"},"spec":{"selector":{"app":"adapter"},"ports":[{"port":443,"targetPort":"https"}]}}"#)
    let bundle = Data(authority.certificatePEM).base64EncodedString()
    try await metrics.create(
      "/apis/apiregistration.k8s.io/v1/apiservices",
      """
      {"metadata":{"name":"v1.example.com"},"spec":{"group":"example.com","version":"v1","groupPriorityMinimum":10,
       "versionPriority":10,"caBundle":"\(bundle)","service":{"name":"adapter","namespace":"default"}}}
      """)
    try await metrics.cluster.waitForAPIService("v1.example.com", "Passed")
    let answer = await metrics.cluster.send(.get, "/apis/example.com/v1/things").body[.items][0]
    #expect(answer["asked"] == "kubernetes-admin" && answer["by"] == "front-proxy-client", "\(answer)")
    // The same server as an adapter of external metrics.
    try await metrics.create(
      "/apis/apiregistration.k8s.io/v1/apiservices",
      """
      {"metadata":{"name":"v1beta1.external.metrics.k8s.io"},"spec":{"group":"external.metrics.k8s.io","version":"v1beta1",
       "groupPriorityMinimum":10,"versionPriority":10,"caBundle":"\(bundle)",
       "service":{"name":"adapter","namespace":"default"}}}
      """)
    try await metrics.cluster.waitForAPIService("v1beta1.external.metrics.k8s.io", "Passed")
    try await metrics.deploy("web", annotations: "{}", #""command":["sleep","1000"]"#)
    try await metrics.autoscale(
      #"{"type":"External","external":{"metric":{"name":"depth"},"target":{"type":"AverageValue","averageValue":"10"}}}"#,
      most: 5)
    try await metrics.wait(MetricCluster.deployments + "/web", "3 replicas") { $0[.spec][.replicas] == 3 }
    await metrics.test.stop()
  }
}
