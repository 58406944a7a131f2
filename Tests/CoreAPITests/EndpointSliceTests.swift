import CoreObjects
import Testing

@Suite("EndpointSlices at the API")
struct EndpointSliceTests {
  private func post(_ more: String) throws -> Int {
    var bench = Bench()
    let slice = try JSONParser.parse(
      #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"a"},\#(more)}"#)
    return bench.send("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice).status
  }

  @Test("a slice needs addresses of its type and ports of different names; there are limits to all of them")
  func rules() throws {
    let address = #"{"addresses":["10.0.0.1"]}"#
    #expect(
      try post(#""addressType":"IPv4","endpoints":[\#(address)],"ports":[{"name":"a","port":80},{"name":"b","port":81}]"#) == 201)
    #expect(try post(#""addressType":"FQDN","endpoints":[{"addresses":["db.example.com"]}]"#) == 201)
    #expect(try post(#""endpoints":[\#(address)]"#) == 422)
    #expect(try post(#""addressType":"IPv6","endpoints":[\#(address)]"#) == 422)
    #expect(try post(#""addressType":"IPv4","endpoints":[{"addresses":[]}]"#) == 422)
    #expect(try post(#""addressType":"IPv4","endpoints":[],"ports":[{"port":80},{"port":81}]"#) == 422)
    let many = Array(repeating: address, count: 1001).joined(separator: ",")
    #expect(try post(#""addressType":"IPv4","endpoints":[\#(many)]"#) == 422)
  }
}
