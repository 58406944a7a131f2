/// Addresses and networks. Source: apiserver/pkg/cel/library/ip.go and cidr.go, v1.36.
enum NetworkLibrary {
  final class Address: CELOpaque, @unchecked Sendable {
    let address: IPAddress
    init(_ address: IPAddress) {
      self.address = address
      super.init(typeName: "net.IP")
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Address)?.address == address }
    override var size: Int? { address.bytes.count }
  }

  final class Network: CELOpaque, @unchecked Sendable {
    let network: IPNetwork
    init(_ network: IPNetwork) {
      self.network = network
      super.init(typeName: "net.CIDR")
    }
    override func isEqual(_ other: CELOpaque) -> Bool { (other as? Network)?.network == network }
    override var size: Int? { (network.length + 7) / 8 }
  }

  private static let ip = CELType.opaque("net.IP")
  private static let cidr = CELType.opaque("net.CIDR")

  private static func test(_ name: String, _ holds: @escaping @Sendable (IPAddress) -> Bool) -> Function {
    Function(name, [.member(ip, [], .bool)]) { (arguments, _) throws(CELFailure) in .bool(holds(try address(name, arguments[0])))
    }
  }

  static let functions: [Function] = [
    Function("ip", [Function.Overload([.string], ip)], cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      .opaque(Address(try address("ip", arguments[0])))
    },
    Function("ip", [.member(cidr, [], ip)]) { (arguments, _) throws(CELFailure) in
      .opaque(Address(try network("ip", arguments[0]).address))
    },
    Function("isIP", [Function.Overload([.string], .bool)], cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      .bool(IPAddress(try StringLibrary.text("isIP", arguments)) != nil)
    },
    Function("ip.isCanonical", [Function.Overload([.string], .bool)], cost: .traversal(times: 2)) {
      (arguments, _) throws(CELFailure) in
      .bool(try address("ip.isCanonical", arguments[0]).text == StringLibrary.text("ip.isCanonical", arguments))
    },
    Function("family", [.member(ip, [], .int)]) { (arguments, _) throws(CELFailure) in
      .int(try address("family", arguments[0]).bytes.count == 4 ? 4 : 6)
    },
    test("isUnspecified", \.isUnspecified), test("isLoopback", \.isLoopback),
    test("isLinkLocalMulticast", \.isLinkLocalMulticast),
    test("isLinkLocalUnicast", \.isLinkLocalUnicast), test("isGlobalUnicast", \.isGlobalUnicast),
    Function("cidr", [Function.Overload([.string], cidr)], cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      .opaque(Network(try network("cidr", arguments[0])))
    },
    Function("isCIDR", [Function.Overload([.string], .bool)], cost: .traversal(times: 1)) { (arguments, _) throws(CELFailure) in
      .bool(IPNetwork(try StringLibrary.text("isCIDR", arguments)) != nil)
    },
    Function("containsIP", [.member(cidr, [.string], .bool), .member(cidr, [ip], .bool)], cost: .containsIP) {
      (arguments, _) throws(CELFailure) in
      .bool(try network("containsIP", arguments[0]).contains(address("containsIP", arguments[1])))
    },
    Function("containsCIDR", [.member(cidr, [.string], .bool), .member(cidr, [cidr], .bool)], cost: .containsCIDR) {
      (arguments, _) throws(CELFailure) in
      .bool(try network("containsCIDR", arguments[0]).contains(network("containsCIDR", arguments[1])))
    },
    Function("masked", [.member(cidr, [], cidr)]) { (arguments, _) throws(CELFailure) in
      .opaque(Network(try network("masked", arguments[0]).masked))
    },
    Function("prefixLength", [.member(cidr, [], .int)]) { (arguments, _) throws(CELFailure) in
      .int(Int64(try network("prefixLength", arguments[0]).length))
    },
    Function("string", [Function.Overload([ip], .string), Function.Overload([cidr], .string)]) {
      (arguments, _) throws(CELFailure) in
      switch arguments[0] {
      case .opaque(let value as Address): return .string(value.address.text)
      case .opaque(let value as Network): return .string(value.network.text)
      default: throw CELFailure.overload("string", arguments)
      }
    },
  ]

  private static func address(_ function: String, _ value: CELValue) throws(CELFailure) -> IPAddress {
    switch value {
    case .opaque(let value as Address): return value.address
    case .string(let text):
      if let address = IPAddress(text) { return address }
      throw CELFailure(.invalidArgument, "\(value.brief) is no address")
    default: throw CELFailure.overload(function, value)
    }
  }

  private static func network(_ function: String, _ value: CELValue) throws(CELFailure) -> IPNetwork {
    switch value {
    case .opaque(let value as Network): return value.network
    case .string(let text):
      if let network = IPNetwork(text) { return network }
      throw CELFailure(.invalidArgument, "\(value.brief) is no network")
    default: throw CELFailure.overload(function, value)
    }
  }
}
