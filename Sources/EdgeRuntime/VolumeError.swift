/// Why a volume cannot be had, in words for an event.
package struct VolumeError: Error, Equatable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
