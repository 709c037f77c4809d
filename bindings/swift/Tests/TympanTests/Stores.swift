import Foundation
import Testing
import Tympan

/// A shop, and Ann in it, who has a thousand pages.
func shop(_ address: String = "memory:") async throws -> (Tympan, UserId) {
    let shop = try await Tympan.open(address: address)
    _ = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")
    let pages = Plan(measure: "total_pages", amount: 1000, schedule: .never)
    let profile = try await shop.createProfile(name: "Pages", plans: [pages])
    let ann = try await shop.createUser(name: "Ann", username: "ann", profile: profile.id)
    return (shop, ann.user.id)
}

func available(_ shop: Tympan, _ user: UserId) async throws -> Int64? {
    try await shop.userDetails(user: .id(user))?.wallets?.first?.available
}

/// An open store: what closing, cancelling and many tasks do to it.
@Suite struct Stores {
    @Test func aClosedStoreRefusesEverything() async throws {
        let (shop, ann) = try await shop()
        let hers = try shop.asUser(user: ann)
        try await shop.close()
        try await shop.close()
        for handle in [shop, hers] {
            let error = try await refusal { try await handle.users() }
            #expect(error.code == .closed)
            let atOnce = try await refusal { try handle.asUser(user: ann) }
            #expect(atOnce.code == .closed)
        }
    }

    @Test func whatCannotBeOpenedSaysWhy() async throws {
        for address in ["", "nonsense", "sqlite:/nowhere/at/all/shop.db"] {
            let error = try await refusal { try await Tympan.open(address: address) }
            #expect(!error.text.isEmpty)
        }
    }

    @Test func textOfTenMegabytesIsRefusedNotCut() async throws {
        let (shop, _) = try await shop()
        let long = String(repeating: "x", count: 10_000_000)
        let error = try await refusal { try await shop.createUser(name: long) }
        #expect(error.code == .textTooLong)
        try await shop.close()
    }

    @Test func whoeverAwaitsTheCloseFindsTheFileClosed() async throws {
        try await withStore { address in
            let (shop, _) = try await shop(address)
            let log = address.dropFirst("sqlite:".count) + "-wal"
            #expect(FileManager.default.fileExists(atPath: String(log)))
            try await shop.close()
            #expect(!FileManager.default.fileExists(atPath: String(log)))
        }
    }

    @Test func aUserSeesWhatAUserMay() async throws {
        let (shop, ann) = try await shop()
        let hers = try shop.asUser(user: ann)
        let error = try await refusal { try await hers.verify() }
        guard case .Denied = error else {
            Issue.record("\(error)")
            return
        }
        #expect(try await shop.may(user: ann, permission: "user.read") == false)
    }

    @Test func athousandChargesFromAThousandTasks() async throws {
        let (shop, ann) = try await shop()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    _ = try await shop.charge(user: .id(ann), key: "job-\(number)", usage: Usage(pages: 1))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await available(shop, ann) == 0)
        let error = try await refusal {
            try await shop.charge(user: .id(ann), key: "one more", usage: Usage(pages: 1))
        }
        #expect(error.code == .allowanceExhausted)
        #expect(error.details["available"] == "0")
    }

    /// Whether or not a task was cancelled, its job was charged once, and its key says so.
    @Test func theOutcomeOfACancelledChargeIsFoundByItsKey() async throws {
        let (shop, ann) = try await shop()
        let tasks = (0..<50).map { number in
            Task { try await shop.charge(user: .id(ann), key: "job-\(number)", usage: Usage(pages: 1)) }
        }
        for task in tasks {
            task.cancel()
        }
        for (number, task) in tasks.enumerated() {
            let receipt = try await task.value
            let again = try await shop.charge(user: .id(ann), key: "job-\(number)", usage: Usage(pages: 1))
            #expect(again.entry == receipt.entry)
        }
        #expect(try await available(shop, ann) == 950)
    }

    /// Each call under way while the store is closed is answered: done, or `closed`.
    @Test func closingAmidCallsLosesNone() async throws {
        try await withStore { address in
            let (shop, ann) = try await shop(address)
            let tasks = (0..<100).map { number in
                Task { try await shop.charge(user: .id(ann), key: "job-\(number)", usage: Usage(pages: 1)) }
            }
            try await shop.close()
            var charged: Int64 = 0
            for task in tasks {
                do {
                    _ = try await task.value
                    charged += 1
                } catch let error as TympanError {
                    #expect(error.code == .closed)
                }
            }
            let again = try await Tympan.open(address: address)
            #expect(try await available(again, ann) == 1000 - charged)
            #expect(try await again.verify().faultCount == 0)
            try await again.close()
        }
    }

    @Test func aStoreThatIsForgottenKeepsWhatItWasGiven() async throws {
        try await withStore { address in
            var ann: UserId?
            do {
                let (shop, user) = try await shop(address)
                _ = try await shop.charge(user: .id(user), key: "job", usage: Usage(pages: 1))
                ann = user
            }
            let again = try await Tympan.open(address: address)
            #expect(try await available(again, try #require(ann)) == 999)
            try await again.close()
        }
    }

    @Test func manyJobsHaveAnAnswerEach() async throws {
        let (shop, ann) = try await shop()
        let jobs = [
            Job(user: .id(ann), key: "a", usage: Usage(pages: 2)),
            Job(user: .username("nobody"), key: "b", usage: Usage(pages: 2)),
            Job(user: .id(ann), key: "", usage: Usage(pages: 2)),
        ]
        let outcomes = try await shop.chargeAll(jobs: jobs)
        #expect(outcomes.map { $0.receipt == nil } == [false, true, true])
        #expect(outcomes.map { $0.refused?.code } == [nil, .unknownUser, .invalidKey])
    }

    @Test func allRowsOfSeveralPages() async throws {
        let (shop, ann) = try await shop()
        for number in 0..<7 {
            _ = try await shop.createUser(name: "User \(number)")
        }
        var names: [String] = []
        for try await user in shop.usersAll(limit: 3) {
            names.append(user.name)
        }
        #expect(names == ["Ada", "Ann"] + (0..<7).map { "User \($0)" })
        _ = try await shop.charge(user: .id(ann), key: "job", usage: Usage(pages: 1))
        let plan = try #require(try await shop.userDetails(user: .id(ann))?.wallets?.first?.wallet)
        var verbs: [Verb] = []
        for try await line in shop.statementAll(user: ann, wallet: plan) {
            verbs.append(line.verb)
        }
        #expect(verbs == [.charge, .grant])
    }

    @Test func aClockThatIsSet() async throws {
        let noon = Date(timeIntervalSince1970: 1_768_478_400)
        let shop = try await Tympan.open(address: "memory:", clock: noon)
        _ = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")
        let later = noon.addingTimeInterval(60.5)
        try shop.setClock(now: later)
        let ann = try await shop.createUser(name: "Ann").user
        #expect(ann.createdAt == later)
    }

    @Test func freshKeysOpenAStoreAndItsCopy() async throws {
        let (keys, others) = (try newKeys(), try newKeys())
        #expect(keys != others && keys.hasPrefix("tympan keys 1\nkey 1 "))
        let shop = try await Tympan.open(address: "memory:", keys: keys)
        _ = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")
        try await withStore { address in
            let copied = try await shop.copyTo(address: address, keys: keys)
            #expect(copied.found == 0 && copied.rows > 0)
            let copy = try await Tympan.open(address: address, keys: keys)
            #expect(try await copy.users().rows.map(\.name) == ["Ada"])
            try await copy.close()
            let error = try await refusal { try await Tympan.open(address: address, keys: others) }
            #expect(error.code == .storeKeys)
        }
    }

    @Test func aBackupIsCheckedAndPutBackWithItsKeys() async throws {
        let passphrase = "a ream of paper, an inch of ink"
        try await withStore { address in
            let path = String(address.dropFirst("sqlite:".count))
            let (backup, back) = (path + ".backup", path + ".back")
            let shop = try await Tympan.open(address: address)
            _ = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")
            try await shop.backupTo(path: backup)
            let sealed = try await shop.sealKeys(passphrase: passphrase)
            try await shop.close()
            let keys = try await unsealKeys(sealed: sealed, passphrase: passphrase)
            #expect(try await verifyBackup(path: backup, keys: keys).faultCount == 0)
            #expect(try await restore(backup: backup, database: back, keys: keys).users == 1)
            let refused = try await refusal { try await unsealKeys(sealed: sealed, passphrase: "another passphrase") }
            #expect(refused.code == .invalidValue)
        }
    }

    @Test func pinsAndCardsAreNotShown() async throws {
        let (shop, ann) = try await shop()
        let added = try await shop.addIdentity(
            user: .id(ann), identity: NewIdentity(kind: "card", value: "04AABBCCDD"))
        let card = try #require(added.identities.first)
        #expect(!card.value.isEmpty)
        let shown = [
            "\(card)", "\(added)", "\(UserReference.card(read: card.value))",
            "\(UserReference.identity(kind: "card", value: card.value))", "\(UserReference.pin("04AABBCCDD"))",
            "\(NewIdentity(kind: "card", value: card.value))",
        ]
        for text in shown {
            #expect(!text.uppercased().contains("AABBCC"), "\(text)")
        }
        #expect("\(UserReference.username("ann"))" == "username(\"ann\")")
        #expect(try await shop.lookUp(user: .card(read: "04AABBCCDD"))?.id == ann)
    }
}
