import CoreCEL
import Testing

@Suite("Kubernetes' libraries of expressions")
struct CELLibraryTests {
  @Test(
    "lists",
    arguments: [
      "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [].map(x, 1).isSorted()",
      "[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0 && [duration('1h'), duration('1m')].sum() == duration('61m')",
      "['b', 'a'].min() == 'a' && [1, 3, 2].max() == 3",
      "['a', 'b', 'b'].indexOf('b') == 1 && ['a', 'b', 'b'].lastIndexOf('b') == 2 && [1].indexOf(2) == -1",
      "[1, 2, 3, 4].slice(1, 3) == [2, 3] && [1].slice(1, 1) == []",
      "[3, 1, 2].sort() == [1, 2, 3] && ['b', 'a'].sort() == ['a', 'b'] && [].map(x, 1).sort() == []",
      "[5, 3, 1].reverse() == [1, 3, 5]", "[1, 2, 2, 1].distinct() == [1, 2] && [[1], [1], [2]].distinct() == [[1], [2]]",
      "lists.range(3) == [0, 1, 2] && lists.range(0) == []",
      "[[1, 2], [3]].flatten() == [1, 2, 3] && [dyn([1, [2, [3]]])].flatten(2) == [1, 2, [3]]",
      "[{'n': 'b', 'a': 2}, {'n': 'a', 'a': 1}].sortBy(e, e.a).map(e, e.n) == ['a', 'b']",
      "['b', 'A', 'c'].sortBy(e, e.lowerAscii()) == ['A', 'b', 'c']",
    ])
  func lists(text: String) { #expect(holds(text, mixed: true)) }

  @Test(
    "what lists cannot do fails",
    arguments: [
      ("[].map(x, 1).min()", CELFailure.Kind.invalidArgument), ("[1].slice(0, 2)", .indexOutOfBounds),
      ("[1].slice(-1, 1)", .indexOutOfBounds), ("lists.range(-1)", .overflow),
      ("lists.range(100000000)", .overflow), ("[dyn(1), 'a'].sort()", .noSuchOverload), ("[dyn(1), 'a'].sum()", .noSuchOverload),
      ("[[1]].flatten(-1)", .invalidArgument),
    ])
  func listFailures(text: String, expected: CELFailure.Kind) { #expect(outcome(text, mixed: true) == .failure(expected)) }

  @Test(
    "sets",
    arguments: [
      "sets.contains([1, 2, 3], [3, 1]) && !sets.contains([1], [1, 2]) && sets.contains([], [])",
      "sets.equivalent([1, 1, 2], [2, 1]) && !sets.equivalent([1], [1, 2])",
      "sets.intersects([1, 2], [2, 3]) && !sets.intersects([1], [2]) && !sets.intersects([], [1])",
      "sets.contains([[1], [2]], [[2]])",
    ])
  func sets(text: String) { #expect(holds(text)) }

  @Test(
    "patterns",
    arguments: [
      "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('x') == ''",
      "'123 abc 456'.findAll('[0-9]+') == ['123', '456'] && '1 2 3'.findAll('[0-9]', 2) == ['1', '2'] && 'a'.findAll('[0-9]') == []",
      "'a1b'.matches('[0-9]') && !'abc'.matches('^b') && matches('abc', 'b')",
      "'1'.findAll('1', 0) == [] && '11'.findAll('1', -1).size() == 2",
    ])
  func patterns(text: String) { #expect(holds(text)) }

  @Test(
    "quantities",
    arguments: [
      "isQuantity('1.3Gi') && !isQuantity('1,3G') && !isQuantity('200K') && !isQuantity('') && !isQuantity(' 1')",
      "quantity('200M').compareTo(quantity('0.2G')) == 0 && quantity('50M').compareTo(quantity('50Mi')) == -1",
      "quantity('150Mi').isGreaterThan(quantity('100Mi')) && quantity('50M').isLessThan(quantity('100M'))",
      "quantity('50k').add(20) == quantity('50020') && quantity('50k').sub(quantity('20k')) == quantity('30k')",
      "quantity('50k').asInteger() == 50000 && !quantity('0.5').isInteger() && quantity('500m').asApproximateFloat() == 0.5",
      "sign(quantity('-1')) == -1 && quantity('0').sign() == 0 && type(quantity('1')) == kubernetes.Quantity",
      "quantity('1000m') == quantity('1') && quantity('1') != quantity('2')",
    ])
  func quantities(text: String) { #expect(holds(text)) }

  @Test(
    "semantic versions",
    arguments: [
      "isSemver('1.0.0') && !isSemver('1.0') && !isSemver('v1.0.0') && !isSemver('01.0.0') && isSemver('v1.0', true) && isSemver('01.01.01', true) && !isSemver('1-a', true)",
      "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
      "semver('1.0.0-alpha').isLessThan(semver('1.0.0')) && semver('1.0.0-alpha.2').isLessThan(semver('1.0.0-alpha.10'))",
      "semver('1.0.0-1').isLessThan(semver('1.0.0-a')) && semver('1.0.0-a').isLessThan(semver('1.0.0-a.b'))",
      "semver('1.0.0+a') == semver('1.0.0+b') && semver('2.0.0').isGreaterThan(semver('1.9.9')) && semver('1.0.0').compareTo(semver('1.0.1')) == -1",
      "!isSemver('1.0.0-01') && !isSemver('1.0.0-') && !isSemver('1.0.0+') && isSemver('1.0.0-0a.b-c+01')",
      "semver('v1', true) == semver('1.0.0')",
    ])
  func versions(text: String) { #expect(holds(text)) }

  @Test(
    "addresses and networks",
    arguments: [
      "isIP('127.0.0.1') && isIP('::1') && !isIP('127.0.0.256') && !isIP(':::1') && !isIP('01.0.0.1') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0') && !isIP('1:2') && !isIP('1::2::3')",
      "ip('127.0.0.1').family() == 4 && ip('::1').family() == 6 && string(ip('2001:DB8::ABCD')) == '2001:db8::abcd'",
      "ip.isCanonical('127.0.0.1') && !ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8::0:0:0:abcd') && ip.isCanonical('2001:db8::abcd')",
      "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified() && ip('127.1.2.3').isLoopback() && ip('::1').isLoopback() && !ip('192.168.0.1').isLoopback()",
      "ip('224.0.0.1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast() && ip('169.254.169.254').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
      "ip('192.168.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast() && ip('2001:db8::abcd').isGlobalUnicast() && !ip('ff00::1').isGlobalUnicast()",
      "ip('::1') == ip('0:0:0:0:0:0:0:1') && ip('::1') != ip('::2') && type(ip('::1')) == net.IP",
      "isCIDR('192.168.0.0/16') && isCIDR('::1/128') && !isCIDR('192.168.0.0/33') && !isCIDR('::1/129') && !isCIDR('1.2.3.4') && !isCIDR('1.2.3.4/08')",
      "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && !cidr('192.168.0.0/24').containsIP('192.168.1.1') && !cidr('0.0.0.0/0').containsIP('::1')",
      "cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && !cidr('192.168.1.0/24').containsCIDR('192.168.2.0/24') && !cidr('10.0.0.0/24').containsCIDR('10.0.0.0/16')",
      "cidr('192.168.0.1/24').ip() == ip('192.168.0.1') && cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24') && cidr('192.168.0.1/24') != cidr('192.168.0.1/24').masked() && cidr('::1/128').prefixLength() == 128",
      "string(cidr('10.0.0.0/8')) == '10.0.0.0/8' && string(ip('1:0:0:2:0:0:0:3')) == '1:0:0:2::3' && string(ip('::1.2.3.4')) == '::102:304'",
    ])
  func networks(text: String) { #expect(holds(text)) }

  @Test(
    "URLs",
    arguments: [
      "isURL('https://user:pass@example.com:80/path?query=val#fragment') && isURL('/absolute-path') && !isURL('https://a:b:c/') && !isURL('../relative-path') && !isURL('') && !isURL('a b') && isURL('mailto:a@b') && !isURL('http://[::1') && !isURL(':a') && !isURL('http://a/%zz')",
      "url('https://example.com:80/').getScheme() == 'https' && url('/path').getScheme() == '' && url('HTTPS://example.com').getScheme() == 'https'",
      "url('https://example.com:80/').getHost() == 'example.com:80' && url('https://[::1]:80/').getHost() == '[::1]:80' && url('https://[::1]:80/').getHostname() == '::1' && url('/path').getHost() == '' && url('https://a@b/').getHost() == 'b'",
      "url('https://example.com:80/').getPort() == '80' && url('https://example.com/').getPort() == ''",
      "url('https://example.com/path with spaces/').getEscapedPath() == '/path%20with%20spaces/' && url('https://example.com').getEscapedPath() == '' && url('https://e.com/a%2Fb').getEscapedPath() == '/a%2Fb'",
      "url('https://example.com/path?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']} && url('https://example.com/path?').getQuery() == {} && url('https://example.com/p?a%20b=c+d#f').getQuery() == {'a b': ['c d']}",
      "url('https://example.com/') == url('https://example.com/') && url('https://a/') != url('https://b/')",
    ])
  func urls(text: String) { #expect(holds(text)) }

  @Test(
    "forms of names and values",
    arguments: [
      "!format.dns1123Label().validate('my-label').hasValue() && format.dns1123Label().validate('My').hasValue() && format.dns1123Label().validate('a.b').hasValue()",
      "!format.dns1123Subdomain().validate('a.b-c').hasValue() && format.dns1123Subdomain().validate('a..b').hasValue()",
      "format.dns1035Label().validate('1a').hasValue() && !format.dns1035Label().validate('a1').hasValue()",
      "!format.dns1123LabelPrefix().validate('my-').hasValue() && format.dns1123Label().validate('my-').hasValue()",
      "!format.qualifiedName().validate('example.com/Name_1').hasValue() && format.qualifiedName().validate('/a').hasValue() && format.qualifiedName().validate('a/b/c').hasValue()",
      "!format.labelValue().validate('').hasValue() && format.labelValue().validate('-a').hasValue()",
      "!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue() && format.uuid().validate('123').hasValue()",
      "!format.byte().validate('aGVsbG8=').hasValue() && format.byte().validate('aGVsbG8').hasValue() && !format.date().validate('2021-01-01').hasValue() && format.date().validate('2021-02-30').hasValue()",
      "!format.datetime().validate('2021-01-01T00:00:00Z').hasValue() && format.datetime().validate('2021-01-01').hasValue() && !format.uri().validate('http://a').hasValue() && format.uri().validate('a').hasValue()",
      "format.named('dns1123Label').value().validate('A').value().size() == 1 && !format.named('nope').hasValue()",
    ])
  func forms(text: String) { #expect(holds(text)) }

  @Test("functions of one name in several libraries are told apart by what they are called on")
  func shared() {
    #expect(holds("'abc'.indexOf('b') == 1 && [dyn('abc')].map(x, x.indexOf('b')) == [1] && dyn(['a']).indexOf('a') == 0"))
    #expect(holds("dyn(semver('1.0.0')).isLessThan(dyn(semver('1.0.1'))) && dyn(quantity('1')).isLessThan(dyn(quantity('2')))"))
    #expect(outcome("dyn(1).isLessThan(2)") == .failure(.noSuchOverload) || outcome("dyn(1).isLessThan(2)") == .refused)
  }
}
