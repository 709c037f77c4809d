import Testing
import TympanProbe

/// Calls that wait hold no thread of Swift's, however many there are.
@Suite struct Concurrency {
    /// More calls wait in the store than Swift has threads, and others are answered meanwhile.
    @Test func waitingCallsBlockNobody() async throws {
        let held = try await Probe.start(name: "held")
        try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<6 {
                group.addTask { try await held.hold() }
            }
            while held.held() < 6 {
                await Task.yield()
            }
            #expect(try await held.count(count: 7) == 7)
            held.release()
            var left: [Int32] = []
            for try await waiting in group {
                left.append(waiting)
            }
            #expect(left.sorted() == [0, 1, 2, 3, 4, 5])
        }
    }

    @Test func athousandTasks() async throws {
        let probe = try await Probe.start(name: "many")
        let sum = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in Int32(0)..<1000 {
                group.addTask { try await probe.count(count: number) }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 499_500)
    }

    /// A task that is cancelled gets the answer all the same: nothing is left to guess.
    @Test func aCancelledTaskIsAnswered() async throws {
        let probe = try await Probe.start(name: "cancelled")
        let task = Task { try await probe.hold() }
        while probe.held() == 0 {
            await Task.yield()
        }
        task.cancel()
        probe.release()
        #expect(try await task.value == 0)
    }

    @Test func aSequenceStopsWhenItsTaskIsCancelled() async throws {
        let probe = try await Probe.start(name: "sequence")
        let task = Task {
            var iterator = probe.wordsAll().makeAsyncIterator()
            let first = try await iterator.next()
            #expect(first?.name == "one")
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await iterator.next()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @MainActor @Test func fromTheMainActor() async throws {
        let probe = try await Probe.start(name: "main")
        #expect(try await probe.text(text: "here") == "here")
    }
}
