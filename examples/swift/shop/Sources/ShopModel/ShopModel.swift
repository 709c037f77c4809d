import Tympan

/// What a screen of a print shop shows and does: the people, one of them, and what went wrong. On a
/// Mac or an iPad it would be `@Observable`; here whoever shows it is told by `changed`.
@MainActor
public final class ShopModel {
    /// The people that match the search, in order of their names.
    public private(set) var people: [User] = []
    /// Everything about the person who was chosen.
    public private(set) var chosen: UserDetails?
    /// A PIN that was just drawn, to be told to the person this once.
    public private(set) var drawnPIN: String?
    /// What went wrong last, for the person at the screen.
    public private(set) var trouble: String?
    /// Whether anything is under way.
    public var isBusy: Bool { underWay > 0 }
    /// Called after every change.
    public var changed: () -> Void = {}

    private let shop: Tympan
    private var underWay = 0
    private var latestSearch = 0

    public init(shop: Tympan) {
        self.shop = shop
    }

    /// Shows the people whose names match. Of several searches only the latest is shown, however
    /// late the others are answered.
    public func search(_ text: String = "") async {
        latestSearch += 1
        let search = latestSearch
        await attempt {
            var found: [User] = []
            for try await user in self.shop.usersAll(search: text.isEmpty ? nil : text, active: true) {
                found.append(user)
            }
            if search == self.latestSearch { self.people = found }
        }
    }

    /// Chooses a person.
    public func choose(_ user: UserId) async {
        drawnPIN = nil
        await attempt { self.chosen = try await self.shop.userDetails(user: .id(user)) }
    }

    /// Adds a person and chooses them.
    public func add(name: String, username: String? = nil) async {
        await attempt {
            let added = try await self.shop.createUser(name: name, username: username)
            await self.search()
            await self.choose(added.user.id)
        }
    }

    /// Draws a PIN for the person who is chosen.
    public func drawPIN() async {
        guard let user = chosen?.user else { return }
        await attempt {
            let pin = NewIdentity(kind: "pin", alone: true)
            let changed = try await self.shop.addIdentity(
                user: .id(user.id), identity: pin, expectedVersion: user.version)
            await self.choose(user.id)
            self.drawnPIN = changed.identities.first?.value
        }
    }

    /// Charges a job to the person who is chosen. The key makes it happen once, however often the
    /// button is pressed.
    public func charge(pages: Int32, key: String) async {
        guard let user = chosen?.user else { return }
        await attempt {
            _ = try await self.shop.charge(user: .id(user.id), key: key, usage: Usage(pages: pages))
        }
        // A refusal is news of the wallets too.
        let refused = trouble
        await choose(user.id)
        trouble = trouble ?? refused
        changed()
    }

    private func attempt(_ work: () async throws -> Void) async {
        underWay += 1
        trouble = nil
        changed()
        defer {
            underWay -= 1
            changed()
        }
        do {
            try await work()
        } catch let error as TympanError {
            trouble = said(error)
        } catch {
            // Only a task that was cancelled: whoever did it knows.
        }
    }

    private func said(_ error: TympanError) -> String {
        switch error {
        case .Refused(.allowanceExhausted, _, _, let details):
            "Not enough left: \(details["available"] ?? "0") of \(details["needed"] ?? "?")"
        case .Conflict: "Somebody else changed this meanwhile: look again"
        case .Denied: "You may not do this"
        case let error where error.retry: "Try again in a moment"
        default: error.text
        }
    }
}
