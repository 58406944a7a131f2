import CoreObjects
import EdgeHTTP
import EdgeLinux

/// The file that tells kubectl how to reach the cluster; readable by its owner only.
enum Kubeconfig {
  static func write(_ path: String, name: String, address: SocketAddress, secrets: ClusterSecrets) throws(ClusterError) {
    let client: Identity
    do throws(CertificateError) {
      client = try secrets.authority.issueClient(commonName: "kubernetes-admin", organizations: ["system:masters"])
    } catch { throw .certificates(error) }
    let text = """
      apiVersion: v1
      kind: Config
      current-context: \(name)
      clusters:
      - name: \(name)
        cluster:
          server: https://\(address)
          certificate-authority-data: \(Base64.encode(secrets.authority.certificatePEM))
      contexts:
      - name: \(name)
        context:
          cluster: \(name)
          user: \(name)-admin
      users:
      - name: \(name)-admin
        user:
          client-certificate-data: \(Base64.encode(client.certificatePEM))
          client-key-data: \(Base64.encode(client.keyPEM))

      """
    do throws(SystemError) { try Files.replace(path, Array(text.utf8)) } catch { throw .file(error) }
  }
}
