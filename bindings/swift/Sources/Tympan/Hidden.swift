/// What is shown in the place of a secret.
package struct Hidden: CustomStringConvertible, CustomDebugStringConvertible {
    package init() {}

    package var description: String { "…" }
    package var debugDescription: String { "…" }
}
