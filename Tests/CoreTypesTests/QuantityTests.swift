import Testing

@testable import CoreObjects

@Suite("Quantities")
struct QuantityTests {
  @Test(
    "a quantity prints in its canonical form",
    arguments: [
      ("100Mi", "100Mi"), ("0.5", "500m"), ("1024Ki", "1Mi"), ("1e3", "1e3"), ("1000m", "1"), ("0.5Gi", "512Mi"),
      ("1500m", "1500m"),
      ("0", "0"), ("-1Ki", "-1Ki"), ("512", "512"), ("0.1Ki", "102400m"), ("1E", "1E"), ("1000000", "1M"), ("0.1n", "1n"),
      ("+5k", "5k"), (" 1Gi\n", "1Gi"), ("10Ei", "9223372036854775807"), ("10E", "10E"), ("0.3Ki", "307200m"), ("1e4", "10e3"),
      ("1.5e3", "1500"), ("0.5Ki", "512"), ("1e-3", "1e-3"), ("1234567890123456789012345678", "1234567890123456789012345678"),
      ("-1.1n", "-2n"), ("0.0000000001Ki", "103n"), ("5.", "5"), (".5", "500m"), ("00012", "12"), ("-0", "0"),
      ("1500Mi", "1500Mi"),
    ])
  func canonical(text: String, printed: String) { #expect(Quantity(text)?.description == printed) }

  @Test(
    "what is no quantity is refused, and no number traps",
    arguments: [
      "", "Mi", "1.2.3", "1 Mi", "1e", "1Kb", "1K", "100e3m", "1 Gi", " ", "+", "-.", "1E+", "0x1", "1,5", "--1",
      "1e9223372036854775807", "1e-9223372036854775808", "abc", ".",
    ])
  func refused(text: String) { #expect(Quantity(text) == nil) }

  /// A sign takes the general way.
  @Test(
    "short whole numbers are read as all others are",
    arguments: ["0", "7", "250m", "999999999", "999999999m", "64Mi", "512Ki", "3Gi", "999999999Gi", "0Mi"])
  func short(text: String) throws {
    let (short, general) = try (#require(Quantity(text)), #require(Quantity("+" + text)))
    #expect(short == general && short.format == general.format && short.description == general.description)
  }

  @Test("values round up and huge ones are capped")
  func values() throws {
    #expect(Quantity("1.1")?.value == 2 && Quantity("0.0001")?.milliValue == 1)
    #expect(Quantity("99999999999999999999999999999999999999")?.value == .max && Quantity("9999Ei")?.value == .max)
    let (gibi, giga, none, kibi) = try (
      #require(Quantity("1Gi")), #require(Quantity("1G")), #require(Quantity("0")), #require(Quantity("1Ki"))
    )
    #expect(gibi > giga)
    #expect((none + kibi).description == "1Ki")
  }
}
