/// Ages as kubectl prints them. Source: HumanDuration, k8s.io/apimachinery/pkg/util/duration, v0.36.
package enum HumanDuration {
  package static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.nanoseconds / 1_000_000_000)
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    let minutes = seconds / 60
    if minutes < 10 { return seconds % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s" }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 { return minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m" }
    if hours < 48 { return "\(hours)h" }
    let days = hours / 24
    if hours < 192 { return hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h" }
    if days < 730 { return "\(days)d" }
    let years = days / 365
    if years < 8 { return days % 365 == 0 ? "\(years)y" : "\(years)y\(days % 365)d" }
    return "\(years)y"
  }
}
