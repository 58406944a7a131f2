import Testing

@testable import CoreAPI

@Suite("Formats of texts in schemas")
struct TextFormatTests {
  @Test(
    "what fits a format, and what does not",
    arguments: [
      ("date-time", "2026-01-31T12:00:00.5+02:00", "2026-01-31 12:00"), ("date", "2026-01-31", "2026-02-30"),
      ("duration", "1h30m", "soon"), ("duration", "3 days", "3 dogs"), ("byte", "YWI=", "YWI"),
      ("ipv4", "10.0.0.1", "10.0.0.256"),
      ("ipv6", "fd00::1", "10.0.0.1"), ("cidr", "10.0.0.0/8", "10.0.0.0/33"), ("hostname", "a.example.com", "a_b"),
      ("email", "a@example.com", "a"), ("mac", "02:00:00:00:00:01", "02:00:00:00:00"),
      ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810"),
      ("uuid4", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
      ("uri", "https://example.com/a", "a b"), ("hexcolor", "#ffa500", "#ffa50"), ("k8s-short-name", "web-1", "web.1"),
      ("k8s-long-name", "web.example", "Web"),
    ])
  func formats(_ format: String, _ good: String, _ bad: String) {
    #expect(TextFormat.problem(good, format) == nil)
    #expect(TextFormat.problem(bad, format) != nil)
  }

  @Test("a format that nobody knows is no bound")
  func unknown() { #expect(TextFormat.problem("anything", "colour-of-the-day") == nil) }
}
