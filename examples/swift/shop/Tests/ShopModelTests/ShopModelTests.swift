import ShopModel
import Testing
import Tympan

@MainActor @Suite struct ShopModelTests {
    private let shop: Tympan
    private let model: ShopModel

    init() async throws {
        shop = try await Tympan.open(address: "memory:")
        let made = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")
        let pages = Plan(measure: "total_pages", amount: 3, schedule: .never)
        _ = try await shop.editProfile(profile: made.defaultProfile, plans: [.add(terms: pages)])
        model = ShopModel(shop: shop)
    }

    @Test func peopleAreFound() async throws {
        await model.add(name: "Ann", username: "ann")
        await model.add(name: "Ben")
        #expect(model.people.map(\.name) == ["Ada", "Ann", "Ben"])
        #expect(model.chosen?.user.name == "Ben")
        await model.search("an*")
        #expect(model.people.map(\.name) == ["Ann"])
        #expect(model.trouble == nil && !model.isBusy)
    }

    @Test func aDrawnPINIsShownOnce() async throws {
        await model.add(name: "Ann")
        await model.drawPIN()
        let pin = try #require(model.drawnPIN)
        #expect(try await shop.lookUp(user: .pin(pin))?.name == "Ann")
        await model.choose(try #require(model.chosen?.user.id))
        #expect(model.drawnPIN == nil)
        #expect(model.chosen?.identities.first?.shown != pin)
    }

    @Test func aJobIsChargedOnceAndRefusedAtZero() async throws {
        await model.add(name: "Ann")
        for _ in 0..<2 {
            await model.charge(pages: 2, key: "job-1")
        }
        #expect(model.trouble == nil)
        #expect(model.chosen?.wallets?.map(\.available) == [1])
        await model.charge(pages: 2, key: "job-2")
        #expect(model.trouble == "Not enough left: 1 of 2")
        #expect(model.chosen?.wallets?.map(\.available) == [1])
    }

    @Test func whatSomebodyElseChangedIsNotOverwritten() async throws {
        await model.add(name: "Ann")
        let ann = try #require(model.chosen?.user.id)
        _ = try await shop.editUser(user: .id(ann), set: UserFields(office: "12"))
        await model.drawPIN()
        #expect(model.trouble == "Somebody else changed this meanwhile: look again")
        #expect(model.drawnPIN == nil)
    }

    @Test func everyChangeIsTold() async throws {
        var told = 0
        model.changed = { told += 1 }
        await model.search()
        #expect(told >= 2)
        try await shop.close()
        await model.search()
        #expect(model.trouble?.isEmpty == false)
    }
}
