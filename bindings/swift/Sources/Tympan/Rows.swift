/// All rows of a list that is given in pages, in order, asked for while they are read:
///
///     for try await user in shop.usersAll() { … }
///
/// Reading stops with `CancellationError` once the task is cancelled.
public struct Rows<Row: Sendable>: AsyncSequence, Sendable {
    public typealias Element = Row
    /// A page: its rows, and the cursor for the next one.
    typealias Page = (rows: [Row], next: String?)

    private let page: @Sendable (_ after: String?) async throws -> Page

    package init(page: @escaping @Sendable (_ after: String?) async throws -> (rows: [Row], next: String?)) {
        self.page = page
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(page: page)
    }

    /// Reads row after row.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let page: @Sendable (_ after: String?) async throws -> Page
        private var rows: ArraySlice<Row> = []
        private var after: String?
        private var isOver = false

        fileprivate init(page: @escaping @Sendable (_ after: String?) async throws -> Page) {
            self.page = page
        }

        public mutating func next() async throws -> Row? {
            while rows.isEmpty && !isOver {
                try Task.checkCancellation()
                let page = try await page(after)
                rows = page.rows[...]
                after = page.next
                isOver = page.next == nil
            }
            return rows.popFirst()
        }
    }
}
