import Foundation

/// An instant, in whole milliseconds, between the years 1970 and 9999.
public typealias Timestamp = Date

extension Date {
    /// The instant so many milliseconds after 1970.
    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The nearest millisecond after 1970. What no clock shows becomes an instant that every call
    /// refuses, for a conversion cannot.
    package var milliseconds: Int64 {
        Int64(exactly: (timeIntervalSince1970 * 1000).rounded()) ?? .min
    }
}
