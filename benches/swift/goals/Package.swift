// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "Goals",
    dependencies: [
        .package(path: "../../../bindings/swift")
    ],
    targets: [
        // A package that is found by its path is called like its folder.
        .executableTarget(name: "Goals", dependencies: [.product(name: "Tympan", package: "swift")])
    ],
    swiftLanguageModes: [.v6]
)
