/// A word with a type of its own: text that is not mixed up with other text.
public protocol Word: RawRepresentable, Hashable, Comparable, Sendable, Codable,
    ExpressibleByStringLiteral, CustomStringConvertible
where RawValue == String {
    /// Takes any text: whether it means anything is said by the call that it is given to.
    init(rawValue: String)
}

/// An id: text with a prefix, `usr_0c1v6z4q8m2k0`. It never changes and is never given twice.
public protocol Identifier: Word {}

extension Word {
    /// Takes any text: whether it means anything is said by the call that it is given to.
    public init(_ text: String) {
        self.init(rawValue: text)
    }

    public init(stringLiteral text: String) {
        self.init(rawValue: text)
    }

    public var description: String { rawValue }

    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}
