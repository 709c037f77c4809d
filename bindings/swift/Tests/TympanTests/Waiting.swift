import Foundation
import Testing
import Tympan

/// What holds the turn of a database, as another process does that writes for a long time: it has the
/// lock for which processes queue before they write.
private struct Turn {
    private let file: FileHandle

    init(of address: String) throws {
        let path = address.dropFirst("sqlite:".count) + "-turn"
        file = try #require(FileHandle(forUpdatingAtPath: String(path)))
        try #require(flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
    }

    func end() throws {
        try file.close()
    }
}

/// Calls that wait for others, and processes that end meanwhile.
@Suite struct Waiting {
    /// Eight charges at once: what was refused of them.
    private func eight(_ shop: Tympan) async -> [TympanError] {
        await withTaskGroup(of: TympanError?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    do {
                        _ = try await shop.charge(user: .username("ann"), key: "job \(number)", usage: Usage(pages: 1))
                        return nil
                    } catch {
                        return error as? TympanError
                    }
                }
            }
            return await group.reduce(into: []) { refused, error in
                if let error { refused.append(error) }
            }
        }
    }

    @Test func whoFindsTheQueueFullIsToldThatItIsBusyWhenTheDeadlinePasses() async throws {
        try await withStore { address in
            let (shop, ann) = try await shop(address)
            let hurried = try await Tympan.open(address: address, deadlineMs: 200, queueLimit: 1)
            let patient = try await Tympan.open(address: address, queueLimit: 1)
            let turn = try Turn(of: address)
            let refused = await eight(hurried)
            #expect(refused.count == 8 && refused.allSatisfy { $0.retry })
            #expect(refused.filter { $0.code == .busy }.count >= 3)
            #expect(try await available(shop, ann) == 1000)
            // With time enough there is room for everybody, one after the other.
            let charges = Task { await eight(patient) }
            try turn.end()
            #expect(await charges.value.isEmpty)
            #expect(try await available(shop, ann) == 992)
            for handle in [shop, hurried, patient] {
                try await handle.close()
            }
        }
    }

    /// A call whose task is cancelled while it waits is awaited to its end.
    @Test func aCancelledTaskThatWaitsForItsTurnIsAnswered() async throws {
        try await withStore { address in
            let (shop, ann) = try await shop(address)
            let turn = try Turn(of: address)
            let task = Task { try await shop.charge(user: .id(ann), key: "job", usage: Usage(pages: 1)) }
            task.cancel()
            try turn.end()
            let receipt = try await task.value
            let again = try await shop.charge(user: .id(ann), key: "job", usage: Usage(pages: 1))
            #expect(again.entry == receipt.entry)
            #expect(try await available(shop, ann) == 999)
            try await shop.close()
        }
    }

    /// Starts a program that opens the same store, beside this one.
    private func leaver(
        _ way: String, _ address: String, _ input: Pipe, _ output: Pipe
    ) throws -> (Process, AsyncStream<Void>) {
        let process = Process()
        let here = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = here.deletingLastPathComponent().appendingPathComponent("Leaver")
        process.arguments = [way, address]
        process.standardInput = input
        process.standardOutput = output
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        return (process, ended)
    }

    @Test func aProcessThatLeavesWithoutClosingLosesNothingThatWasAnswered() async throws {
        try await withStore { address in
            let (shop, ann) = try await shop(address)
            let (process, ended) = try leaver("leave", address, Pipe(), Pipe())
            for await _ in ended {}
            #expect(process.terminationReason == .exit && process.terminationStatus == 3)
            _ = try await shop.charge(user: .id(ann), key: "answered", usage: Usage(pages: 1))
            for number in 0..<50 {
                _ = try await shop.charge(user: .id(ann), key: "under way \(number)", usage: Usage(pages: 1))
            }
            #expect(try await available(shop, ann) == 949)
            #expect(try await shop.verify().faultCount == 0)
            try await shop.close()
        }
    }

    @Test func anInterruptEndsAProcessThatWaitsAndTheKeyTellsWhatBecameOfItsCall() async throws {
        try await withStore { address in
            let (shop, ann) = try await shop(address)
            let (input, output) = (Pipe(), Pipe())
            let (process, ended) = try leaver("wait", address, input, output)
            #expect(output.fileHandleForReading.availableData == Data("opened\n".utf8))
            let turn = try Turn(of: address)
            try input.fileHandleForWriting.write(contentsOf: Data("go on\n".utf8))
            #expect(output.fileHandleForReading.availableData == Data("waits\n".utf8))
            process.interrupt()
            for await _ in ended {}
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGINT)
            try turn.end()
            _ = try await shop.charge(user: .id(ann), key: "job", usage: Usage(pages: 1))
            #expect(try await available(shop, ann) == 999)
            try await shop.close()
        }
    }
}
