import Daemon
import EdgeLinux

/// wavetank publish: ports of this machine that lead into the running cluster's network.
enum PublishCommand {
  struct Options: CommandOptions {
    let ports = Option.arguments(
      "PORT", .text,
      "[ADDRESS:]HOSTPORT:NODEPORT or [[ADDRESS:]HOSTPORT:]svc/NAME[.NAMESPACE][:PORT]; with /udp at the end for UDP")
    let remove = Option.list(
      "--remove", "HOSTPORT", .text, "takes away what is published at this port, with its connections; [ADDRESS:]HOSTPORT[/udp]")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [ports, remove, dataDirectory] }
  }

  static let command = Command(
    "publish", "has ports of this machine lead into the cluster",
    details: [
      "Without a PORT it lists what is published. It listens on 127.0.0.1 unless an ADDRESS is given; 0.0.0.0 is every address, "
        + "for everybody who can reach this machine. HOSTPORT 0, or a Service alone, takes a free port.",
      "NODEPORT is a Service's node port, or a pod's host port, on the first node. A Service is looked up at each connection, so that "
        + "it may be made later, or again. Where nobody is, connections are closed at once.",
      "What is published ends with the cluster: the next 'up' publishes what its own --publish says.",
    ],
    examples: [
      "publish 8080:30080": "http://127.0.0.1:8080 reaches the Service with node port 30080",
      "publish 8080:svc/web.shop:http": "the port http of Service web in namespace shop, of any type",
      "publish 0.0.0.0:5353:30053/udp": "for other machines as well",
      "publish --remove 8080": "ends it",
    ],
    options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) throws(UsageError) {
    var requests: [ControlRequest] = []
    for text in invocation.remove {
      do throws(PublishError) { requests.append(.unpublish(try HostSide(text))) } catch { throw UsageError("--remove: \(error)") }
    }
    requests += try ports(invocation.ports, of: "publish").map(ControlRequest.publish)
    for request in requests.isEmpty ? [.published] : requests {
      for line in ControlSocket.lines(request, in: invocation.dataDirectory) { Standard.output(line) }
    }
  }

  /// - Parameter source: where the texts stood
  static func ports(_ texts: [String], of source: String) throws(UsageError) -> [PublishedPort] {
    var ports: [PublishedPort] = []
    for text in texts {
      do throws(PublishError) { ports.append(try PublishedPort(text)) } catch { throw UsageError("\(source): \(error)") }
      if let last = ports.last, last.address.port > 0, ports.dropLast().contains(where: { $0.place == last.place }) {
        throw UsageError("\(source): \(last.place) is given twice")
      }
    }
    return ports
  }
}
