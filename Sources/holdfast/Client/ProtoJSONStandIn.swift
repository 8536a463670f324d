func protoJSON(_ bytes: [UInt8], _ name: String) -> String? { nil }
