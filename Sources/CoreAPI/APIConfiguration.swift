package import CoreObjects

/// What the host gives the API server: keys stay outside, behind two closures.
package struct APIConfiguration: Sendable {
  package var clusterName = "wavetank"
  /// A JWT over these claims.
  package var sign: @Sendable (JSON) -> String
  /// The claims of a JWT whose signature holds; nil otherwise.
  package var verify: @Sendable (String) -> JSON?
  /// What a request for a certificate (PKCS #10, PEM) says, if it is signed with its own key; nil where nobody can read one.
  package var readCertificateRequest: (@Sendable ([UInt8]) -> CertificateRequestFacts?)?
  /// The public halves of the keys that `sign` uses, each as a JSON Web Key (RFC 7517).
  package var publicKeys: [JSON] = []
  /// `iss` of ServiceAccount tokens, and the audience of those for this server.
  package var issuer = "https://kubernetes.default.svc"
  package var version = VersionInfo()
  /// host:port under which clients find this server.
  package var serverAddress = "127.0.0.1:6443"
  /// Where Services may be.
  package var addresses = ClusterAddresses()
  /// The cluster's CA certificate, for the ConfigMap kube-root-ca.crt.
  package var certificateAuthorityPEM = ""
  /// Signs the certificate that this server shows to those that it passes requests on to; empty where none is.
  package var frontProxyAuthorityPEM = ""
  /// What spec.timeZone of a CronJob may name.
  package var timeZones = TimeZoneDatabase.utcOnly
  /// Those that are switched on.
  package var featureGates: Set<FeatureGate> = []
  /// What controllers and nodes write is not held against the schema: statuses are stored as they are, and what is made of a template
  /// was judged with it. For simulated time, whose tests (debug builds) judge each of them nevertheless; where real containers report,
  /// what they report is judged.
  package var trustsOwnWrites = false

  /// The name in the certificate that this server shows to those that it passes requests on to.
  package static let frontProxyName = "front-proxy-client"

  package init(sign: @escaping @Sendable (JSON) -> String, verify: @escaping @Sendable (String) -> JSON?) {
    self.sign = sign
    self.verify = verify
  }
}

/// What /version tells.
package struct VersionInfo: Sendable {
  package var major = "1"
  package var minor = "36"
  /// The oldest version that it could be told to behave as.
  package var oldestMinor = "35"
  package var gitVersion = "v1.36.2"
  package var gitCommit = "wavetank"
  package var buildDate = "1970-01-01T00:00:00Z"
  package var platform = "linux/amd64"
  package init() {}

  var tree: JSON {
    [
      "major": .string(major), "minor": .string(minor), "emulationMajor": .string(major), "emulationMinor": .string(minor),
      "minCompatibilityMajor": .string(major), "minCompatibilityMinor": .string(oldestMinor), "gitVersion": .string(gitVersion),
      "gitCommit": .string(gitCommit),
      "gitTreeState": "clean", "buildDate": .string(buildDate), "goVersion": "swift", "compiler": "swiftc",
      "platform": .string(platform),
    ]
  }
}
