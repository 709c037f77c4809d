import Foundation

/// An instant, in whole milliseconds, between the years 1970 and 9999.
public typealias Timestamp = Date

extension Date {
    /// The instant so many milliseconds after 1970.
    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// Whole milliseconds after 1970: what is finer is cut off. A `Date` is a binary fraction and
    /// mostly lies beside the millisecond that it was made of, by far less than the tenth to which it
    /// is rounded first. What no clock shows becomes an instant that every call refuses, for a
    /// conversion cannot.
    package var milliseconds: Int64 {
        Int64(exactly: ((timeIntervalSince1970 * 10_000).rounded() / 10).rounded(.down)) ?? .min
    }
}
