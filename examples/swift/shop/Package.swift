// swift-tools-version:6.0
import PackageDescription

// A package that is found by its path is called like its folder.
let tympan = Target.Dependency.product(name: "Tympan", package: "swift")

// An application as its own package: all that it knows of tympan is that product.
let package = Package(
    name: "Shop",
    platforms: [.macOS(.v12), .iOS(.v15)],
    dependencies: [
        .package(path: "../../../bindings/swift")
    ],
    targets: [
        .executableTarget(name: "FirstProgram", dependencies: [tympan]),
        .executableTarget(name: "Guide", dependencies: [tympan]),
        .target(name: "ShopModel", dependencies: [tympan]),
        .testTarget(name: "ShopModelTests", dependencies: ["ShopModel", tympan]),
    ],
    swiftLanguageModes: [.v6]
)
